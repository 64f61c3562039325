-- Categories inside a cycle, or below one: they have no slug and no path.
-- drover: severity=warning
SELECT id AS category_id, name, parent_id
FROM public.categories
WHERE path IS NULL
