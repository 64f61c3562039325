-- One row a line of a feed: the SKU as it is compared, the cost in cents.
-- Blanks are space, tab, line ends and the no-break space, wherever they stand in a SKU.
-- drover: ephemeral
SELECT f.supplier_id,
       s.id AS known_supplier,
       lower(translate(f.sku, E' \t\n\r\f\u00a0', '')) AS sku_key,
       btrim(f.sku, E' \t\n\r\f\u00a0') AS sku,
       nullif(btrim(f.title, E' \t\n\r\f\u00a0'), '') AS title,
       upper(btrim(f.currency)) AS currency,
       f.cost,
       CASE WHEN f.cost >= 0 AND f.cost < 10000000000 THEN round(f.cost * 100)::bigint END AS cost_cents,
       coalesce(f.stock, 0) AS stock_quantity,
       f.lead_time_days,
       f._file AS file,
       f._line AS line
FROM feeds f
LEFT JOIN suppliers s ON s.id = f.supplier_id
