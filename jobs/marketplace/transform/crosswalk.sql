-- Which supplier became which user.
SELECT s.id AS supplier_id, o.user_id
FROM suppliers s
JOIN supplier_owners o ON o.email = lower(btrim(s.email))
