-- The diners that the target has already, one an address; where two differ by case alone, the lower-case one counts.
SELECT lower(btrim(email, E' \t\r\n')) AS email,
       first(id ORDER BY email = lower(btrim(email, E' \t\r\n')) DESC, id) AS id
FROM existing_diners
WHERE email IS NOT NULL
GROUP BY lower(btrim(email, E' \t\r\n'))
