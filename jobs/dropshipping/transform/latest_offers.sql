-- A SKU that a supplier's feeds hold twice: the last line counts, by the file's name, then the line.
SELECT DISTINCT ON (supplier_id, sku_key)
       supplier_id, sku_key, sku, title, currency, cost_cents, stock_quantity, lead_time_days
FROM offers
ORDER BY supplier_id, sku_key, file DESC, line DESC
