-- Every linked booking is in its user's history.
-- drover: severity=error
SELECT b.id AS booking_id, b.user_id
FROM public.bookings b
WHERE b.user_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM public.user_activity_logs a
                  WHERE a.activity = 'booking_created' AND a.subject_id = b.id::text)
