-- Every customer with an email is a diner under that address.
-- drover: severity=error
WITH addressed AS (
  SELECT id, lower(nullif(btrim(email, E' \t\r\n'), '') COLLATE "und-x-icu") AS address
  FROM public.customers
)
SELECT a.id AS customer_id, a.address, x.diner_id, d.email AS email_of_diner
FROM addressed a
LEFT JOIN public.customer_diners x ON x.customer_id = a.id
LEFT JOIN public.diners d ON d.id = x.diner_id
WHERE a.address IS NOT NULL
  AND (d.id IS NULL OR lower(btrim(d.email, E' \t\r\n') COLLATE "und-x-icu") <> a.address)
