-- The shop's SKUs as they are compared, and how many variants have each.
SELECT lower(translate(sku, E' \t\n\r\f\u00a0', '')) AS sku_key,
       min(id) AS id,
       count(*) AS variants
FROM product_variants
GROUP BY lower(translate(sku, E' \t\n\r\f\u00a0', ''))
