-- What the job may not change, before it changes anything: accounts with their password hashes, and the restaurants'
-- own data. A row a thousand ids, so that verify/070 can say where something is missing or different.
WITH kept AS (
  SELECT 'users' AS relation, id, password AS content
  FROM users
  UNION ALL
  SELECT 'customers', id, password
  FROM customers
  UNION ALL
  SELECT 'restaurants', id,
         to_jsonb(ARRAY[name, email, phone, address, city, state, "zipCode", is_active::text, created_at::text])::text
  FROM restaurants
)
SELECT relation,
       id / 1000 AS id_range,
       min(id) AS first_id,
       max(id) AS last_id,
       count(*) AS rows,
       md5(string_agg(id || ' ' || coalesce(md5(content), '-'), ',' ORDER BY id)) AS fingerprint
FROM kept
GROUP BY relation, id / 1000
