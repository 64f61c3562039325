-- The suppliers whom no user was before.
SELECT user_id AS id, email, first_name, last_name, phone, 'supplier'::text AS role, password_digest, created_at, updated_at
FROM supplier_owners
WHERE existing_id IS NULL
