-- Every customer with the address that tells people apart; NULL where there is none.
-- drover: ephemeral
SELECT *, lower(nullif(btrim(email, E' \t\r\n'), '')) AS email_key
FROM customers
