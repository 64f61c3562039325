-- Nothing refers to a restaurant, customer or diner that is not there.
-- drover: severity=error
-- Where the server has validated a foreign key, that is the answer; what has none is read row by row.
WITH trusted AS MATERIALIZED (
  SELECT f.conrelid::regclass || '.' || a.attname AS reference
  FROM pg_constraint f
  JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
  WHERE f.contype = 'f' AND f.convalidated AND cardinality(f.conkey) = 1
)
SELECT 'subscriptions' AS relation, s.id AS row, s.restaurant_id AS refers_to
FROM public.subscriptions s
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'subscriptions.restaurant_id')
  AND NOT EXISTS (SELECT FROM public.restaurants r WHERE r.id = s.restaurant_id)
UNION ALL
SELECT 'customer_diners', x.customer_id, x.diner_id
FROM public.customer_diners x
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'customer_diners.diner_id')
  AND NOT EXISTS (SELECT FROM public.diners d WHERE d.id = x.diner_id)
UNION ALL
SELECT 'customer_diners', x.customer_id, x.customer_id
FROM public.customer_diners x
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'customer_diners.customer_id')
  AND NOT EXISTS (SELECT FROM public.customers c WHERE c.id = x.customer_id)
UNION ALL
SELECT 'diner_restaurant_profiles', p.diner_id, p.diner_id
FROM public.diner_restaurant_profiles p
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'diner_restaurant_profiles.diner_id')
  AND NOT EXISTS (SELECT FROM public.diners d WHERE d.id = p.diner_id)
UNION ALL
SELECT 'diner_restaurant_profiles', p.diner_id, p.restaurant_id
FROM public.diner_restaurant_profiles p
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'diner_restaurant_profiles.restaurant_id')
  AND NOT EXISTS (SELECT FROM public.restaurants r WHERE r.id = p.restaurant_id)
UNION ALL
SELECT 'customers', c.id, c.restaurant_id
FROM public.customers c
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'customers.restaurant_id')
  AND NOT EXISTS (SELECT FROM public.restaurants r WHERE r.id = c.restaurant_id)
UNION ALL
SELECT 'reservations', v.id, v.customer_id
FROM public.reservations v
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'reservations.customer_id')
  AND v.customer_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.customers c WHERE c.id = v.customer_id)
UNION ALL
SELECT 'reservations', v.id, v.restaurant_id
FROM public.reservations v
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'reservations.restaurant_id')
  AND NOT EXISTS (SELECT FROM public.restaurants r WHERE r.id = v.restaurant_id)
UNION ALL
SELECT 'restaurant_staff', s.id, s.user_id
FROM public.restaurant_staff s
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'restaurant_staff.user_id')
  AND NOT EXISTS (SELECT FROM public.users u WHERE u.id = s.user_id)
UNION ALL
SELECT 'restaurant_staff', s.id, s.restaurant_id
FROM public.restaurant_staff s
WHERE NOT EXISTS (SELECT FROM trusted WHERE reference = 'restaurant_staff.restaurant_id')
  AND NOT EXISTS (SELECT FROM public.restaurants r WHERE r.id = s.restaurant_id)
