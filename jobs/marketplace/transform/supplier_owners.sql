-- Which user a supplier's email belongs to: one who is there, else a new one. New ids count up from the largest there is,
-- in the order of the first supplier.
SELECT p.*,
       k.id AS existing_id,
       k.role AS existing_role,
       coalesce(k.id, l.id + row_number() OVER (PARTITION BY k.id IS NULL ORDER BY p.first_supplier_id)) AS user_id
FROM supplier_people p
LEFT JOIN known_people k ON k.email = p.email
CROSS JOIN (SELECT coalesce(max(id), 0) AS id FROM accounts) l
