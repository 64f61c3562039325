-- The words say what the numbers say, of every product and order; a slug and an order number come with them.
-- drover: severity=error
SELECT 'products' AS relation, id, status, status_name, slug AS name
FROM public.products
WHERE status BETWEEN 0 AND 3
  AND (status_name IS DISTINCT FROM ('[0:3]={pending,approved,rejected,archived}'::text[])[status] OR slug IS NULL)
UNION ALL
SELECT 'orders', id, status, status_name, order_number
FROM public.orders
WHERE status BETWEEN 0 AND 5
  AND (status_name IS DISTINCT FROM ('[0:5]={pending,paid,packed,shipped,delivered,cancelled}'::text[])[status]
       OR order_number IS NULL)
