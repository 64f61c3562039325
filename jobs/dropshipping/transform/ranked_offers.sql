-- The lines of a supplier's feeds that name one SKU: the last of them comes first, by the file's name, then the line.
SELECT supplier_id, sku_key, sku, title, currency, cost_cents, stock_quantity, lead_time_days, file, line,
       row_number() OVER (PARTITION BY supplier_id, sku_key ORDER BY file DESC, line DESC) AS place
FROM offers
