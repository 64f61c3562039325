-- No offer could be one of several variants: where variants share a SKU, none is taken.
-- drover: severity=warning
SELECT supplier_id, sku
FROM public.supplier_catalogs
WHERE match_status = 'ambiguous'
