-- What those users get who are in the target.
SELECT id, organization_id, name, first_name, last_name, phone, role, jti
FROM organization_users
WHERE in_target
