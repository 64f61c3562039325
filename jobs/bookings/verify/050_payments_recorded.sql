-- Every booking that was paid (PAID, COMPLETED, ATTENDED, with an amount) has a payment.
-- drover: severity=error
SELECT b.id AS booking_id, b."bookingReference", b.status, b."finalAmount"
FROM public.bookings b
WHERE b.status IN ('PAID', 'COMPLETED', 'ATTENDED') AND b."finalAmount" IS NOT NULL
  AND NOT EXISTS (SELECT FROM public.payments p WHERE p.booking_id = b.id)
