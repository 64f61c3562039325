-- Every booking whose contact has a usable address has its user.
-- drover: severity=error
SELECT id AS booking_id, "contactDetails"->>'email' AS address
FROM public.bookings
WHERE user_id IS NULL
  AND btrim("contactDetails"->>'email', E' \t\r\n') LIKE '_%@_%'
  AND btrim("contactDetails"->>'email', E' \t\r\n') NOT LIKE '% %'
