-- Schema expected into the dropshipping job's table, as a migration in plain SQL would move it.
INSERT INTO public.supplier_catalogs (supplier_id, sku_key, sku, title, currency, cost_cents, margin_bps, price_cents,
                                      stock_quantity, lead_time_days, product_variant_id, match_status)
SELECT supplier_id, sku_key, sku, title, currency, cost_cents, margin_bps, price_cents,
       stock_quantity, lead_time_days, product_variant_id, match_status
FROM expected.supplier_catalogs;

ANALYZE public.supplier_catalogs;
