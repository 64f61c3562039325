-- The users whom the target lacks.
SELECT id, organization_id, legacy_id, email, name, image, username, uid, first_name, last_name, phone, role, jti,
       created_at, updated_at
FROM organization_users
WHERE NOT in_target
