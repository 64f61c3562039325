-- No booking, payment or activity refers to a user who is not there.
-- drover: severity=error
-- Where the server has validated a foreign key, that is the answer; what has none is read row by row.
WITH trusted AS MATERIALIZED (
  SELECT f.conrelid
  FROM pg_constraint f
  JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1] AND a.attname = 'user_id'
  WHERE f.contype = 'f' AND f.convalidated AND cardinality(f.conkey) = 1
    AND f.confrelid = 'public.users'::regclass
)
SELECT 'bookings' AS relation, b.id::text AS id, b.user_id
FROM public.bookings b
WHERE NOT EXISTS (SELECT FROM trusted WHERE conrelid = 'public.bookings'::regclass)
  AND b.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.users u WHERE u.id = b.user_id)
UNION ALL
SELECT 'payments', p.id::text, p.user_id
FROM public.payments p
WHERE NOT EXISTS (SELECT FROM trusted WHERE conrelid = 'public.payments'::regclass)
  AND p.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.users u WHERE u.id = p.user_id)
UNION ALL
SELECT 'user_activity_logs', a.id::text, a.user_id
FROM public.user_activity_logs a
WHERE NOT EXISTS (SELECT FROM trusted WHERE conrelid = 'public.user_activity_logs'::regclass)
  AND NOT EXISTS (SELECT FROM public.users u WHERE u.id = a.user_id)
