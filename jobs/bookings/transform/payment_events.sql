-- Every event, whole, with the payment of its booking where there is one.
SELECT e.event_id,
       e.event_type,
       coalesce(e.booking_reference, i.booking_reference) AS booking_reference,
       p.id AS payment_id,
       e.payload,
       e.occurred_at
FROM events_once e
LEFT JOIN intents i ON i.intent = e.intent
LEFT JOIN payments p ON p.payment_reference = 'MIGRATED-' || coalesce(e.booking_reference, i.booking_reference)
