-- Every slug is lower-case letters and digits with single hyphens, or that with -- and a number behind.
-- drover: severity=error
SELECT 'categories' AS relation, id, left(slug, 100) AS slug
FROM public.categories WHERE slug !~ '^[a-z0-9]+(-[a-z0-9]+)*(--[0-9]+)?$'
UNION ALL
SELECT 'brands', id, left(slug, 100)
FROM public.brands WHERE slug IS NULL OR slug !~ '^[a-z0-9]+(-[a-z0-9]+)*(--[0-9]+)?$'
UNION ALL
SELECT 'products', id, left(slug, 100)
FROM public.products WHERE slug !~ '^[a-z0-9]+(-[a-z0-9]+)*(--[0-9]+)?$'
