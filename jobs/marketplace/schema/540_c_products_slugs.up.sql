-- drover: phase=index
-- No two products have one slug. A B-tree entry holds 2,704 bytes: should a slug be longer, a hash index keeps them apart all
-- the same. Writers of products wait for it, a second or two a million rows.
DO $step$
BEGIN
  IF to_regclass('public.idx_products_slug') IS NOT NULL THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM public.products WHERE octet_length(slug) > 2600) THEN
    ALTER TABLE public.products ADD CONSTRAINT idx_products_slug EXCLUDE USING hash (slug WITH =);
    CALL marketplace_steps.note('540_c_products_slugs', 'constraint', 'products', 'idx_products_slug');
  ELSE
    CREATE UNIQUE INDEX idx_products_slug ON public.products (slug);
    CALL marketplace_steps.note('540_c_products_slugs', 'index', 'products', 'idx_products_slug');
  END IF;
END
$step$;
