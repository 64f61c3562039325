-- drover: phase=index
-- No two categories have one slug. A B-tree entry holds 2,704 bytes: should a slug be longer, a hash index keeps them apart all
-- the same. Writers of categories wait for it, a second or two a million rows.
DO $step$
BEGIN
  IF to_regclass('public.idx_categories_slug') IS NOT NULL THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM public.categories WHERE octet_length(slug) > 2600) THEN
    ALTER TABLE public.categories ADD CONSTRAINT idx_categories_slug EXCLUDE USING hash (slug WITH =);
    CALL marketplace_steps.note('540_a_categories_slugs', 'constraint', 'categories', 'idx_categories_slug');
  ELSE
    CREATE UNIQUE INDEX idx_categories_slug ON public.categories (slug);
    CALL marketplace_steps.note('540_a_categories_slugs', 'index', 'categories', 'idx_categories_slug');
  END IF;
END
$step$;
