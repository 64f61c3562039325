-- Drops those of the seven tables that this job has made, and no others.
DO $step$
DECLARE
  relation text;
BEGIN
  FOREACH relation IN ARRAY ARRAY['supplier_performance', 'supplier_order_items', 'supplier_orders', 'fulfillment_inventory',
                                  'inventory_sources', 'supplier_catalogs', 'pricing_rules'] LOOP
    IF obj_description(to_regclass('public.' || relation), 'pg_class') LIKE '%(made by drover: dropshipping)' THEN
      EXECUTE format('DROP TABLE public.%I', relation);
    END IF;
  END LOOP;
END
$step$;
