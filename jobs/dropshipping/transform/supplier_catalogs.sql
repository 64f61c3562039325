-- The catalog: every offer with its price (cost plus margin in basis points, half a cent up) and the variant that it is.
SELECT o.supplier_id, o.sku_key, o.sku, o.title, o.currency, o.cost_cents,
       m.margin_bps,
       (o.cost_cents * (10000 + m.margin_bps) + 5000) / 10000 AS price_cents,
       o.stock_quantity, o.lead_time_days,
       CASE WHEN v.variants = 1 THEN v.id END AS product_variant_id,
       CASE WHEN v.variants = 1 THEN 'matched' WHEN v.variants > 1 THEN 'ambiguous' ELSE 'unmatched' END AS match_status
FROM ranked_offers o
LEFT JOIN margins m ON m.supplier_id = o.supplier_id AND m.cost_cents = o.cost_cents
LEFT JOIN variants v ON v.sku_key = o.sku_key
WHERE o.place = 1
