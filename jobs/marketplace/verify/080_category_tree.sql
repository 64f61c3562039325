-- Every category's level and path follow from its parent's.
-- drover: severity=error
SELECT c.id AS category_id, c.slug, c.level, c.path, p.level AS level_of_parent, p.path AS path_of_parent
FROM public.categories c
LEFT JOIN public.categories p ON p.id = c.parent_id
WHERE c.slug IS NOT NULL
  AND (c.level IS DISTINCT FROM coalesce(p.level + 1, 0)
       OR c.path IS DISTINCT FROM coalesce(p.path || '/', '') || c.slug)
