-- What each order item keeps of the sale: supplier, product, prices, and how far it has come.
SELECT id,
       supplier_profile_id,
       product_name,
       attributes AS product_variant_attributes,
       image_url AS product_image_url,
       coalesce(variant_discounted_price, price_at_purchase) AS discounted_price,
       price_at_purchase * quantity AS final_price,
       CASE order_status WHEN 0 THEN 'pending' WHEN 1 THEN 'pending' WHEN 2 THEN 'processing'
                         WHEN 3 THEN 'shipped' WHEN 4 THEN 'delivered' WHEN 5 THEN 'cancelled' END AS fulfillment_status,
       order_status = 4 AS is_returnable
FROM order_item_lines
