-- drover: phase=index
-- Key and indexes of the catalog, built once the rows are there. An index that is there already under its name must be the
-- same; the definitions are written as the server prints them.
DO $step$
DECLARE
  wanted record;
  found text;
  differences text[] := '{}';
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'public.supplier_catalogs'::regclass AND contype = 'p') THEN
    ALTER TABLE public.supplier_catalogs ADD CONSTRAINT supplier_catalogs_pkey PRIMARY KEY (supplier_id, sku_key);
    COMMENT ON CONSTRAINT supplier_catalogs_pkey ON public.supplier_catalogs IS '(made by drover: dropshipping)';
  END IF;
  SELECT pg_get_constraintdef(oid) INTO found
  FROM pg_constraint
  WHERE conrelid = 'public.supplier_catalogs'::regclass AND contype = 'p';
  IF found <> 'PRIMARY KEY (supplier_id, sku_key)' THEN
    differences := differences || format('supplier_catalogs has %s, wanted PRIMARY KEY (supplier_id, sku_key)', found);
  END IF;
  FOR wanted IN
    SELECT definition, substring(definition FROM 'INDEX (\w+) ON') AS name
    FROM (VALUES
      ('CREATE INDEX idx_supplier_catalogs_product_variant_id ON public.supplier_catalogs USING btree (product_variant_id)'),
      ('CREATE INDEX idx_supplier_catalogs_sku_key ON public.supplier_catalogs USING btree (sku_key)'),
      ('CREATE INDEX idx_supplier_catalogs_offers ON public.supplier_catalogs USING btree (product_variant_id, cost_cents) WHERE (stock_quantity > 0)'),
      ('CREATE INDEX idx_supplier_catalogs_unmatched ON public.supplier_catalogs USING btree (supplier_id, match_status) WHERE (match_status <> ''matched''::text)'),
      ('CREATE INDEX idx_supplier_catalogs_price ON public.supplier_catalogs USING btree (supplier_id, price_cents)'),
      ('CREATE INDEX idx_supplier_catalogs_updated_at ON public.supplier_catalogs USING btree (updated_at)')
    ) AS v(definition)
  LOOP
    SELECT pg_get_indexdef(to_regclass('public.' || wanted.name)) INTO found;
    IF found IS NULL THEN
      EXECUTE wanted.definition;
      EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, '(made by drover: dropshipping)');
    ELSIF found <> wanted.definition THEN
      differences := differences || format('%s, wanted: %s', found, wanted.definition);
    END IF;
  END LOOP;
  IF differences <> '{}' THEN
    RAISE EXCEPTION 'indexes are there already, but not as this job makes them: %', array_to_string(differences, '; ')
      USING HINT = 'Rename or drop them, then run again.';
  END IF;
END
$step$;
