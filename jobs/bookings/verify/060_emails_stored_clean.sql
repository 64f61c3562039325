-- Every address that has bookings is stored lower-case and without blanks around it.
-- drover: severity=error
SELECT id, email
FROM public.users
WHERE total_bookings > 0
  AND (email <> btrim(email, E' \t\r\n')
       OR octet_length(email) = length(email) AND email <> lower(email COLLATE "C")
       OR octet_length(email) <> length(email) AND email <> lower(email COLLATE "und-x-icu"))
