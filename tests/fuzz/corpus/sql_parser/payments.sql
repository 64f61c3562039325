-- Every historical payment, also one whose booking has no user.
SELECT uuid5('drover/bookings/payments', 'MIGRATED-' || booking_reference) AS id,
       booking_id,
       user_id,
       amount,
       'succeeded'::text AS status,
       coalesce(payment_date, created_at) AS payment_date,
       coalesce(nullif(btrim(payment_method), ''), 'card') AS payment_method,
       'MIGRATED-' || booking_reference AS payment_reference
FROM linked_bookings
WHERE status IN ('PAID', 'COMPLETED', 'ATTENDED')
