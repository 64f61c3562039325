-- Every user has an email and a password.
-- drover: severity=warning
SELECT id AS user_id, email, role
FROM public.users
WHERE btrim(email) = '' OR password_digest = ''
