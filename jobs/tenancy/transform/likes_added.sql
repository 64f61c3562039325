-- Likes of a MyHub in another database, of the users and posts as they are now.
WITH looked_up AS (
  SELECT t.id AS legacy_id, o.id AS organization_id, u.id AS user_id, p.id AS post_id, t.created_at, t.updated_at,
         coalesce(k.id, CASE WHEN taken.id IS NULL THEN t.id END) AS known_id
  FROM likes_there t
  CROSS JOIN organization o
  JOIN brought_users u ON u.legacy_id = t.user_id
  JOIN posts_added p ON p.legacy_id = t.post_id
  LEFT JOIN (SELECT id, organization_id, legacy_id FROM known_likes WHERE legacy_id IS NOT NULL) k
    ON k.organization_id = o.id AND k.legacy_id = t.id
  LEFT JOIN (SELECT id FROM known_likes) taken ON taken.id = t.id
)
SELECT l.*,
       coalesce(l.known_id, used.last_id + row_number() OVER (PARTITION BY l.known_id IS NULL ORDER BY l.legacy_id)) AS id
FROM looked_up l
CROSS JOIN (SELECT max(id) AS last_id FROM (SELECT id FROM known_likes UNION ALL SELECT id FROM likes_there) ids) used
