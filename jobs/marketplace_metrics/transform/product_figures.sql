-- Each product's stock, how many variants run low (each by its own threshold), and its ratings.
SELECT p.id,
       coalesce(v.stock, 0) AS total_stock_quantity,
       coalesce(v.low, 0)::int AS low_stock_variants_count,
       coalesce(r.distribution, '{"1":0,"2":0,"3":0,"4":0,"5":0}'::jsonb) AS rating_distribution
FROM products p
LEFT JOIN (SELECT product_id, sum(stock_quantity) AS stock, count(*) FILTER (WHERE is_low_stock) AS low
           FROM product_variants
           GROUP BY product_id) v ON v.product_id = p.id
LEFT JOIN ratings r ON r.product_id = p.id
