-- Five tables keep updated_at by a trigger that is on.
-- drover: severity=error
SELECT name AS without
FROM unnest(ARRAY['inventory_sources', 'fulfillment_inventory', 'supplier_catalogs', 'supplier_orders', 'pricing_rules']) AS wanted(name)
WHERE NOT EXISTS (SELECT FROM pg_trigger
                  WHERE tgrelid = to_regclass('public.' || name) AND tgname = 'touch_' || name AND tgenabled <> 'D')
