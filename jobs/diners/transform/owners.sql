-- The owner of a restaurant: its earliest staff link (created_at, then id) to an administrator.
SELECT DISTINCT ON (s.restaurant_id) s.restaurant_id, u.name, u.email
FROM restaurant_staff s
JOIN users u ON u.id = s.user_id
WHERE u.role IN ('ADMIN', 'SUPERADMIN')
ORDER BY s.restaurant_id, s.created_at, s.id
