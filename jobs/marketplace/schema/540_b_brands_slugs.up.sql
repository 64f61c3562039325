-- drover: phase=index
-- No two brands have one slug. A B-tree entry holds 2,704 bytes: should a slug be longer, a hash index keeps them apart all
-- the same. Writers of brands wait for it, a second or two a million rows.
DO $step$
BEGIN
  IF to_regclass('public.idx_brands_slug') IS NOT NULL THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM public.brands WHERE octet_length(slug) > 2600) THEN
    ALTER TABLE public.brands ADD CONSTRAINT idx_brands_slug EXCLUDE USING hash (slug WITH =);
    CALL marketplace_steps.note('540_b_brands_slugs', 'constraint', 'brands', 'idx_brands_slug');
  ELSE
    CREATE UNIQUE INDEX idx_brands_slug ON public.brands (slug);
    CALL marketplace_steps.note('540_b_brands_slugs', 'index', 'brands', 'idx_brands_slug');
  END IF;
END
$step$;
