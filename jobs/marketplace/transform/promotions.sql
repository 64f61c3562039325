-- The users who turn supplier; all else in their rows stays. An admin stays admin, and is reported.
SELECT existing_id AS id, 'supplier'::text AS role, existing_role AS role_now, first_supplier_id AS supplier_id, email
FROM supplier_owners
WHERE existing_id IS NOT NULL
