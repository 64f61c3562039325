-- Every price is the cost and its margin, half a cent rounded up.
-- drover: severity=error
SELECT supplier_id, sku_key, cost_cents, margin_bps, price_cents
FROM public.supplier_catalogs
WHERE price_cents <> div(cost_cents::numeric * (10000 + margin_bps) + 5000, 10000)
