-- What each product gets: slug, type, status in words, figures of its variants and reviews.
SELECT p.id,
       p.base || CASE WHEN p.n > 1 THEN '--' || p.n ELSE '' END AS slug,
       coalesce(y.product_type, 'general') AS product_type,
       CASE p.status WHEN 0 THEN 'pending' WHEN 1 THEN 'approved' WHEN 2 THEN 'rejected' WHEN 3 THEN 'archived' END AS status_name,
       coalesce(v.stock, 0) AS total_stock_quantity,
       coalesce(v.low, 0)::int AS low_stock_variants_count,
       v.price AS base_price,
       v.discounted_price AS base_discounted_price,
       CASE WHEN p.status = 1 THEN p.created_at END AS published_at,
       coalesce(r.distribution, '{"1":0,"2":0,"3":0,"4":0,"5":0}'::jsonb) AS rating_distribution
FROM (SELECT id, slug(name) AS base, row_number() OVER (PARTITION BY slug(name) ORDER BY id) AS n,
             category_id, status, created_at
      FROM products) p
LEFT JOIN category_tree c ON c.id = p.category_id
LEFT JOIN product_types y ON y.root = c.root
LEFT JOIN variant_figures v ON v.product_id = p.id
LEFT JOIN product_ratings r ON r.product_id = p.id
