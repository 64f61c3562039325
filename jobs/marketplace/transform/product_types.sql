-- Edit this: which product type the products below a root category have. The root stands as its slug (Home & Garden:
-- home-garden). What is not listed is of type general.
SELECT 'fashion' AS root, 'fashion' AS product_type
UNION ALL SELECT 'electronics', 'electronics'
UNION ALL SELECT 'beauty', 'beauty'
UNION ALL SELECT 'grocery', 'grocery'
UNION ALL SELECT 'home', 'home'
