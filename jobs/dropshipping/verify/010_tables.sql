-- All seven tables are there.
-- drover: severity=error
SELECT name AS missing
FROM unnest(ARRAY['inventory_sources', 'fulfillment_inventory', 'supplier_catalogs', 'supplier_orders', 'supplier_order_items',
                  'pricing_rules', 'supplier_performance']) AS wanted(name)
WHERE to_regclass('public.' || name) IS NULL
