-- Drops those of the shop's tables that this job has made, and no others.
DO $step$
DECLARE
  relation text;
BEGIN
  FOREACH relation IN ARRAY ARRAY['orders', 'product_variants', 'products', 'suppliers'] LOOP
    IF obj_description(to_regclass('public.' || relation), 'pg_class') LIKE '%(made by drover: dropshipping)' THEN
      EXECUTE format('DROP TABLE public.%I', relation);
    END IF;
  END LOOP;
END
$step$;
