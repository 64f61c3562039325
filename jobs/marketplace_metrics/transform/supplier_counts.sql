-- How many active products each supplier profile has, and how many reviews all its products have.
SELECT s.id,
       coalesce(p.active, 0)::int AS active_products_count,
       coalesce(p.reviews, 0)::int AS total_reviews_count
FROM supplier_profiles s
LEFT JOIN (SELECT n.supplier_profile_id, count(*) FILTER (WHERE n.active) AS active, sum(r.reviews) AS reviews
           FROM products_now n
           LEFT JOIN ratings r ON r.product_id = n.id
           GROUP BY n.supplier_profile_id) p ON p.supplier_profile_id = s.id
