-- Every item of an order has its product's supplier, the product's name, and is as far as its order.
-- drover: severity=error
SELECT i.id AS order_item_id, i.supplier_profile_id, p.supplier_profile_id AS supplier_of_product, o.status, i.fulfillment_status
FROM public.order_items i
JOIN public.orders o ON o.id = i.order_id
JOIN public.product_variants v ON v.id = i.product_variant_id
JOIN public.products p ON p.id = v.product_id
WHERE o.status BETWEEN 0 AND 5
  AND (i.supplier_profile_id IS DISTINCT FROM p.supplier_profile_id
       OR i.product_name IS NULL
       OR i.final_price IS DISTINCT FROM i.price_at_purchase * i.quantity
       OR i.fulfillment_status IS DISTINCT FROM
          ('[0:5]={pending,pending,processing,shipped,delivered,cancelled}'::text[])[o.status])
