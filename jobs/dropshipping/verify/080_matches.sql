-- A matched offer has the SKU of its variant, case and blanks aside.
-- drover: severity=error
SELECT c.supplier_id, c.sku, c.product_variant_id, v.sku AS sku_of_variant
FROM public.supplier_catalogs c
JOIN public.product_variants v ON v.id = c.product_variant_id
WHERE c.sku_key <> lower(translate(v.sku, E' \t\n\r\f\u00a0', '') COLLATE "und-x-icu")
