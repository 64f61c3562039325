-- The diners to make: people whom the target does not know. Ids count on from those that are there, by the first record.
SELECT (SELECT coalesce(max(id), 0) FROM existing_diners)
         + row_number() OVER (ORDER BY p.created_at, p.first_customer_id) AS id,
       p.email,
       p.name,
       p.phone,
       p.password,
       true AS is_verified,
       p.created_at,
       :now AS updated_at
FROM people p
WHERE NOT EXISTS (SELECT 1 FROM known_diners k WHERE k.email = p.email)
