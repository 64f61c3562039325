-- How many products, and active ones, each brand has.
SELECT b.id,
       coalesce(p.products, 0)::int AS products_count,
       coalesce(p.active, 0)::int AS active_products_count
FROM brands b
LEFT JOIN (SELECT brand_id, count(*) AS products, count(*) FILTER (WHERE active) AS active
           FROM products_now
           GROUP BY brand_id) p ON p.brand_id = b.id
