-- Each category's slug, place in the tree, and counts. One inside a cycle, or below one, has no place.
SELECT c.id, t.slug, t.level, t.path,
       coalesce(p.products, 0)::int AS products_count,
       coalesce(p.active, 0)::int AS active_products_count
FROM categories c
LEFT JOIN category_tree t ON t.id = c.id
LEFT JOIN (SELECT category_id, count(*) AS products, count(*) FILTER (WHERE status = 1) AS active
           FROM products
           GROUP BY category_id) p ON p.category_id = c.id
