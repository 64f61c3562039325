-- The platform's first administrator, from the account that the parameter names; none where the platform has one of
-- that address.
WITH account AS (
  SELECT email, name, password
  FROM users
  WHERE lower(email) = lower(:admin_email)
  ORDER BY id
  LIMIT 1
)
SELECT (SELECT coalesce(max(id), 0) FROM existing_admins) + 1 AS id,
       email, name, password, 'SUPER_ADMIN'::text AS role, :now AS created_at, :now AS updated_at
FROM account
WHERE NOT EXISTS (SELECT 1 FROM existing_admins e WHERE lower(e.email) = lower(:admin_email))
