-- Users of a MyHub in another database. Each keeps its id where that is free, else gets one behind all others.
WITH looked_up AS (
  SELECT t.id AS legacy_id, t.name, t.email, t.image, t.username, t.uid, t.created_at, t.updated_at,
         k.id AS known_id,
         CASE WHEN taken.id IS NULL THEN t.id END AS own_id
  FROM users_there t
  CROSS JOIN organization o
  LEFT JOIN (SELECT id, organization_id, legacy_id FROM known_users WHERE legacy_id IS NOT NULL) k
    ON k.organization_id = o.id AND k.legacy_id = t.id
  LEFT JOIN (SELECT id FROM known_users) taken ON taken.id = t.id
)
SELECT l.*,
       coalesce(l.known_id, l.own_id,
                used.last_id + row_number() OVER (PARTITION BY coalesce(l.known_id, l.own_id) IS NULL ORDER BY l.legacy_id)) AS id
FROM looked_up l
CROSS JOIN (SELECT max(id) AS last_id FROM (SELECT id FROM known_users UNION ALL SELECT id FROM users_there) ids) used
