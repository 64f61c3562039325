-- All users, customers and restaurants are still there; password hashes and the restaurants' own data are unchanged.
-- drover: severity=error
-- Each row is a thousand ids at most, read by the table's key; what has been added behind them since is not looked at.
SELECT t.relation, t.first_id, t.last_id, t.rows, f.rows AS rows_found,
       CASE WHEN f.rows = t.rows THEN 'changed' ELSE 'rows are missing or were added' END AS problem
FROM public.legacy_totals t
CROSS JOIN LATERAL (
  SELECT count(*) AS rows, md5(string_agg(k.id || ' ' || coalesce(md5(k.content), '-'), ',' ORDER BY k.id)) AS fingerprint
  FROM (SELECT id, password AS content
        FROM public.users
        WHERE t.relation = 'users' AND id BETWEEN t.first_id AND t.last_id
        UNION ALL
        SELECT id, password
        FROM public.customers
        WHERE t.relation = 'customers' AND id BETWEEN t.first_id AND t.last_id
        UNION ALL
        SELECT id,
               to_jsonb(ARRAY[name, email, phone, address, city, state, "zipCode", is_active::text, created_at::text])::text
        FROM public.restaurants
        WHERE t.relation = 'restaurants' AND id BETWEEN t.first_id AND t.last_id) k
) f
WHERE f.fingerprint IS DISTINCT FROM t.fingerprint
