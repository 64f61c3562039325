-- The organization's three roles.
SELECT coalesce(k.id, used.last_id + r.place) AS id, o.id AS organization_id, r.name, :now AS created_at, :now AS updated_at
FROM unnest(ARRAY['admin', 'professional', 'student']) WITH ORDINALITY AS r(name, place)
CROSS JOIN organization o
LEFT JOIN known_roles k ON k.organization_id = o.id AND k.name = r.name
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_roles) used
