-- Every user's statistics are what the bookings say; so nobody counts bookings who has none.
-- drover: severity=error
SELECT u.id, u.email, u.total_bookings, s.total_bookings AS bookings_found, u.total_spent, s.total_spent AS spent_found,
       u.first_booking_date, s.first_date AS first_found, u.last_booking_date, s.last_date AS last_found
FROM public.users u
LEFT JOIN (SELECT user_id, count(*) AS total_bookings, coalesce(sum("finalAmount"), 0) AS total_spent,
                  min("createdAt") AS first_date, max("createdAt") AS last_date
           FROM public.bookings
           WHERE user_id IS NOT NULL
           GROUP BY user_id) s ON s.user_id = u.id
WHERE u.total_bookings IS DISTINCT FROM coalesce(s.total_bookings, 0)
   OR u.total_spent IS DISTINCT FROM coalesce(s.total_spent, 0)
   OR u.first_booking_date IS DISTINCT FROM s.first_date
   OR u.last_booking_date IS DISTINCT FROM s.last_date
