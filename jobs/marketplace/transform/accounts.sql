-- Every user of both sides, once: where the target has the row, that one counts.
-- drover: ephemeral
SELECT id, lower(btrim(email)) AS email, role
FROM target_users
UNION ALL
SELECT id, lower(btrim(email)), role
FROM users u
WHERE NOT EXISTS (SELECT 1 FROM target_users t WHERE t.id = u.id)
