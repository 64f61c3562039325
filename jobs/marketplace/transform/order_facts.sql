-- Each order's number, and its status in words.
SELECT id,
       'ORD-' || to_char(created_at AT TIME ZONE 'UTC', 'YYYYMMDD') || '-' || lpad(id::text, greatest(6, length(id::text)), '0')
         AS order_number,
       (ARRAY['pending', 'paid', 'packed', 'shipped', 'delivered', 'cancelled'])[status + 1] AS status_name
FROM orders
