-- There are at least forty indexes of ours on these tables, and none is invalid.
-- drover: severity=error
WITH ours AS (
  SELECT indexrelid::regclass AS name, indisvalid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid AND c.relname LIKE 'idx\_%'
  WHERE indrelid IN ('public.suppliers'::regclass, 'public.inventory_sources'::regclass,
                     'public.fulfillment_inventory'::regclass, 'public.supplier_catalogs'::regclass,
                     'public.supplier_orders'::regclass, 'public.supplier_order_items'::regclass,
                     'public.pricing_rules'::regclass, 'public.supplier_performance'::regclass)
)
SELECT format('%s indexes, not 40', count(*)) AS wrong FROM ours HAVING count(*) < 40
UNION ALL
SELECT format('%s is invalid', name) FROM ours WHERE NOT indisvalid
