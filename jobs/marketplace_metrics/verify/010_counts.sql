-- What was counted is what there is. Edits since the load show here, and are counted the next night.
-- drover: severity=warning
SELECT 'categories' AS relation, c.id, c.products_count AS counted, count(p.id) AS found
FROM public.categories c
LEFT JOIN public.products p ON p.category_id = c.id
GROUP BY c.id, c.products_count HAVING c.products_count <> count(p.id)
UNION ALL
SELECT 'brands', b.id, b.products_count, count(p.id)
FROM public.brands b
LEFT JOIN public.products p ON p.brand_id = b.id
GROUP BY b.id, b.products_count HAVING b.products_count <> count(p.id)
UNION ALL
SELECT 'supplier_profiles', s.id, s.total_reviews_count, count(r.id)
FROM public.supplier_profiles s
LEFT JOIN public.products p ON p.supplier_profile_id = s.id
LEFT JOIN public.reviews r ON r.product_id = p.id
GROUP BY s.id, s.total_reviews_count HAVING s.total_reviews_count <> count(r.id)
