-- Drops the indexes of the other tables that carry this job's mark, and no others.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT indexrelid::regclass AS name
    FROM pg_index
    WHERE indrelid IN (to_regclass('public.suppliers'), to_regclass('public.inventory_sources'),
                       to_regclass('public.fulfillment_inventory'), to_regclass('public.supplier_orders'),
                       to_regclass('public.supplier_order_items'), to_regclass('public.pricing_rules'),
                       to_regclass('public.supplier_performance'))
      AND obj_description(indexrelid, 'pg_class') LIKE '%(made by drover: dropshipping)'
  LOOP
    EXECUTE format('DROP INDEX %s', ours.name);
  END LOOP;
END
$step$;
