-- Categories, brands and products count what there is. Edits since the load show here; marketplace_metrics counts anew.
-- drover: severity=warning
SELECT 'categories' AS relation, c.id, c.products_count AS counted, count(p.id) AS found
FROM public.categories c
LEFT JOIN public.products p ON p.category_id = c.id
WHERE c.path IS NOT NULL
GROUP BY c.id, c.products_count HAVING c.products_count <> count(p.id)
UNION ALL
SELECT 'brands', b.id, b.products_count, count(p.id)
FROM public.brands b
LEFT JOIN public.products p ON p.brand_id = b.id
GROUP BY b.id, b.products_count HAVING b.products_count <> count(p.id)
UNION ALL
SELECT 'products', p.id, p.total_stock_quantity, coalesce(sum(v.stock_quantity), 0)
FROM public.products p
LEFT JOIN public.product_variants v ON v.product_id = p.id
WHERE p.status_name IS NOT NULL
GROUP BY p.id, p.total_stock_quantity HAVING p.total_stock_quantity <> coalesce(sum(v.stock_quantity), 0)
