-- The payment provider's events as they were exported: what they are about, the booking that they name, and the payment
-- at the provider (an intent), which its own events carry as their id and others refer to.
-- drover: ephemeral
SELECT id AS event_id,
       type AS event_type,
       to_timestamp(created) AS occurred_at,
       nullif(btrim(data->'object'->'metadata'->>'bookingReference'), '') AS booking_reference,
       CASE WHEN type LIKE 'payment_intent.%' THEN data->'object'->>'id'
            ELSE data->'object'->>'payment_intent' END AS intent,
       data,
       _record AS payload,
       _line AS line
FROM provider_events
