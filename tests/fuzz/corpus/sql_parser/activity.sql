-- History: one booking_created a linked booking, one payment_completed a payment with a user.
SELECT uuid5('drover/bookings/activity', 'booking_created:' || booking_id) AS id,
       user_id,
       'booking_created'::text AS activity,
       booking_id::text AS subject_id,
       created_at AS occurred_at
FROM linked_bookings
WHERE user_id IS NOT NULL
UNION ALL
SELECT uuid5('drover/bookings/activity', 'payment_completed:' || id),
       user_id,
       'payment_completed',
       id::text,
       payment_date
FROM payments
WHERE user_id IS NOT NULL
