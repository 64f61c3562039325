-- Each brand's slug and counts.
SELECT b.id,
       b.base || CASE WHEN b.n > 1 THEN '--' || b.n ELSE '' END AS slug,
       coalesce(p.products, 0)::int AS products_count,
       coalesce(p.active, 0)::int AS active_products_count
FROM (SELECT id, slug(name) AS base, row_number() OVER (PARTITION BY slug(name) ORDER BY id) AS n FROM brands) b
LEFT JOIN (SELECT brand_id, count(*) AS products, count(*) FILTER (WHERE status = 1) AS active
           FROM products
           GROUP BY brand_id) p ON p.brand_id = b.id
