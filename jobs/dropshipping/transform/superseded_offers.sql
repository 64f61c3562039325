-- Lines that lost to a later one of the same SKU: nothing loads them, they are there to be looked at.
SELECT file, line, supplier_id, sku, title, currency, cost_cents, stock_quantity, lead_time_days
FROM ranked_offers
WHERE place > 1
