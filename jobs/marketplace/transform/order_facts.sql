-- Each order's number, and its status in words.
SELECT id,
       'ORD-' || to_char(created_at AT TIME ZONE 'UTC', 'YYYYMMDD') || '-' || lpad(id::text, greatest(6, length(id::text)), '0')
         AS order_number,
       CASE status WHEN 0 THEN 'pending' WHEN 1 THEN 'paid' WHEN 2 THEN 'packed'
                   WHEN 3 THEN 'shipped' WHEN 4 THEN 'delivered' WHEN 5 THEN 'cancelled' END AS status_name
FROM orders
