-- Every order item with its order's status and what was sold.
-- drover: ephemeral
SELECT i.id, i.quantity, i.price_at_purchase, o.status AS order_status, s.discounted_price AS variant_discounted_price,
       s.supplier_profile_id, s.product_name, s.attributes, s.image_url
FROM order_items i
JOIN orders o ON o.id = i.order_id
JOIN variant_snapshots s ON s.id = i.product_variant_id
