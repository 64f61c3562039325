-- No payment is without its booking, or under another user than its booking.
-- drover: severity=error
SELECT p.id AS payment_id, p.payment_reference, p.booking_id, p.user_id, b.user_id AS user_of_booking
FROM public.payments p
LEFT JOIN public.bookings b ON b.id = p.booking_id
WHERE b.id IS NULL OR p.user_id IS DISTINCT FROM b.user_id
