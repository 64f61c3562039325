-- Users of the source whose id somebody else has in the target: they, and what refers to them, are not moved rightly.
SELECT u.id, u.email, t.email AS email_in_target
FROM users u
JOIN target_users t ON t.id = u.id
WHERE t.created_at <> u.created_at
