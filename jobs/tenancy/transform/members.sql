-- The organization's users so far: those that the target has, those that belonged to nobody (MyHub's own, where it is the
-- target), and those brought from another MyHub.
SELECT k.id, NULL::bigint AS legacy_id, k.email, k.name, NULL::text AS image, NULL::text AS username, NULL::text AS uid,
       NULL::timestamp AS created_at, NULL::timestamp AS updated_at,
       k.first_name, k.last_name, k.phone, k.role, k.jti,
       true AS in_target,
       h.id IS NULL OR o.alone AS clear
FROM known_users k
CROSS JOIN organization o
LEFT JOIN (SELECT id FROM users_here WHERE organization_id IS NULL) h ON h.id = k.id
WHERE k.organization_id = o.id OR h.id IS NOT NULL
UNION ALL
SELECT id, legacy_id, email, name, image, username, uid, created_at, updated_at,
       NULL, NULL, NULL, NULL, NULL, false, true
FROM brought_users
WHERE known_id IS NULL
