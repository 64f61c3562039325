-- One row a booking, its contact fields cleaned: blank is absent.
-- drover: ephemeral
SELECT id AS booking_id,
       "bookingReference" AS booking_reference,
       lower(nullif(btrim("contactDetails"->>'email', E' \t\r\n'), '')) AS email_given,
       nullif(btrim("contactDetails"->>'firstName', E' \t\r\n'), '') AS first_name,
       nullif(btrim("contactDetails"->>'lastName',  E' \t\r\n'), '') AS last_name,
       nullif(btrim("contactDetails"->>'phone',     E' \t\r\n'), '') AS phone,
       nullif(btrim("contactDetails"->>'company',   E' \t\r\n'), '') AS company_name,
       status,
       "finalAmount" AS amount,
       "paymentDate" AS payment_date,
       "paymentMethod" AS payment_method,
       "createdAt" AS created_at
FROM bookings
