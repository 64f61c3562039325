-- What the catalog refers to is there, and so is what anything else here refers to: every foreign key holds.
-- drover: severity=error
SELECT conrelid::regclass AS relation, conname
FROM pg_constraint
WHERE contype = 'f' AND NOT convalidated
  AND conrelid IN (to_regclass('public.inventory_sources'), to_regclass('public.fulfillment_inventory'),
                   to_regclass('public.supplier_catalogs'), to_regclass('public.supplier_orders'),
                   to_regclass('public.supplier_order_items'), to_regclass('public.pricing_rules'),
                   to_regclass('public.supplier_performance'))
UNION ALL
SELECT 'public.supplier_catalogs'::regclass, format('supplier %s is not there', supplier_id)
FROM public.supplier_catalogs c
WHERE NOT EXISTS (SELECT FROM public.suppliers s WHERE s.id = c.supplier_id)
