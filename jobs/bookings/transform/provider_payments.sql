-- The provider's id of a payment: that of the first intent that succeeded for its booking.
SELECT DISTINCT ON (p.id) p.id, i.intent AS provider_payment_id
FROM intents i
JOIN payments p ON p.payment_reference = 'MIGRATED-' || i.booking_reference
ORDER BY p.id, i.occurred_at, i.intent
