-- From the roots down: how deep a category lies, its path, and its root's plain slug.
WITH RECURSIVE tree AS (
  SELECT id, slug, 0 AS level, slug AS path, base AS root
  FROM category_slugs
  WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, c.slug, t.level + 1, t.path || '/' || c.slug, t.root
  FROM tree t
  JOIN category_slugs c ON c.parent_id = t.id
)
SELECT * FROM tree
