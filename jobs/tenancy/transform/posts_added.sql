-- Posts of a MyHub in another database. Each keeps its id where that is free, else gets one behind all others.
WITH looked_up AS (
  SELECT t.id AS legacy_id, o.id AS organization_id, t.post_id, t.hash_id, t.source, t.metadata, t.filename,
         t.created_at, t.updated_at,
         coalesce(k.id, CASE WHEN taken.id IS NULL THEN t.id END) AS known_id
  FROM posts_there t
  CROSS JOIN organization o
  LEFT JOIN (SELECT id, organization_id, legacy_id FROM known_posts WHERE legacy_id IS NOT NULL) k
    ON k.organization_id = o.id AND k.legacy_id = t.id
  LEFT JOIN (SELECT id FROM known_posts) taken ON taken.id = t.id
)
SELECT l.*,
       coalesce(l.known_id, used.last_id + row_number() OVER (PARTITION BY l.known_id IS NULL ORDER BY l.legacy_id)) AS id
FROM looked_up l
CROSS JOIN (SELECT max(id) AS last_id FROM (SELECT id FROM known_posts UNION ALL SELECT id FROM posts_there) ids) used
