-- Products and orders whose status is a number that means nothing: they were left as they were.
-- drover: severity=warning
SELECT 'products' AS relation, id, status FROM public.products WHERE status NOT BETWEEN 0 AND 3
UNION ALL
SELECT 'orders', id, status FROM public.orders WHERE status NOT BETWEEN 0 AND 5
