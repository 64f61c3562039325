-- What an order keeps of a variant and its product.
SELECT v.id, v.discounted_price, p.supplier_profile_id, p.name AS product_name,
       coalesce(a.attributes, '{}'::jsonb) AS attributes, g.image_url
FROM product_variants v
JOIN products p ON p.id = v.product_id
LEFT JOIN variant_attributes a ON a.product_variant_id = v.id
LEFT JOIN variant_images g ON g.product_variant_id = v.id
