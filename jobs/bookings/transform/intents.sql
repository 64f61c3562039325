-- Payments at the provider that succeeded, with the booking that they name.
-- drover: ephemeral
SELECT DISTINCT ON (intent) intent, booking_reference, occurred_at
FROM events_once
WHERE event_type = 'payment_intent.succeeded' AND intent IS NOT NULL AND booking_reference IS NOT NULL
ORDER BY intent, occurred_at, event_id
