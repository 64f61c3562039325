-- Suppliers without an email become no user, and keep the contract steps from being applied.
-- drover: severity=warning
SELECT id AS supplier_id, first_name, last_name, phone
FROM public.suppliers
WHERE btrim(email) = ''
