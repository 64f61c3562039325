-- How many products, and active ones, each category has.
SELECT c.id,
       coalesce(p.products, 0)::int AS products_count,
       coalesce(p.active, 0)::int AS active_products_count
FROM categories c
LEFT JOIN (SELECT category_id, count(*) AS products, count(*) FILTER (WHERE active) AS active
           FROM products_now
           GROUP BY category_id) p ON p.category_id = c.id
