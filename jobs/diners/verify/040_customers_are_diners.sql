-- Every customer with an email is a diner under that address.
-- drover: severity=error
-- Most are written as the diner is; only where they are not, letter case and blanks have to be looked at.
SELECT c.id AS customer_id, lower(btrim(c.email, E' \t\r\n') COLLATE "und-x-icu") AS address, x.diner_id, d.email AS email_of_diner
FROM public.customers c
LEFT JOIN public.customer_diners x ON x.customer_id = c.id
LEFT JOIN public.diners d ON d.id = x.diner_id
WHERE btrim(c.email, E' \t\r\n') <> ''
  AND (d.id IS NULL
       OR d.email <> c.email
          AND lower(btrim(d.email, E' \t\r\n') COLLATE "und-x-icu") <> lower(btrim(c.email, E' \t\r\n') COLLATE "und-x-icu"))
