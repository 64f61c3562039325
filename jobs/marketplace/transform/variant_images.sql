-- A variant's first image.
SELECT DISTINCT ON (product_variant_id) product_variant_id, image_url
FROM product_images
ORDER BY product_variant_id, display_order NULLS LAST, id
