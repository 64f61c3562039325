-- Refunds as the events tell them. A charge lists all of its refunds in every event; where an event has no such list, what
-- it adds to amount_refunded is one refund under the event's own id.
-- drover: ephemeral
SELECT e.event_id, e.occurred_at, e.payment_id, o.refund->>'id' AS refund_id, o.refund->>'amount' AS minor,
       coalesce(o.refund->>'currency', e.payload->'data'->'object'->>'currency') AS currency,
       o.refund->>'status' AS status, o.refund->>'reason' AS refund_reason, o.refund->>'created' AS created
FROM payment_events e,
     jsonb_array_elements(CASE WHEN jsonb_typeof(e.payload->'data'->'object'->'refunds'->'data') = 'array'
                               THEN e.payload->'data'->'object'->'refunds'->'data' ELSE '[]'::jsonb END) AS o(refund)
WHERE e.event_type = 'charge.refunded'
UNION ALL
SELECT event_id, occurred_at, payment_id, event_id,
       ((payload->'data'->'object'->>'amount_refunded')::numeric
        - coalesce((payload->'data'->'previous_attributes'->>'amount_refunded')::numeric, 0))::text,
       payload->'data'->'object'->>'currency', 'succeeded', NULL, NULL
FROM payment_events
WHERE event_type = 'charge.refunded' AND jsonb_typeof(payload->'data'->'object'->'refunds'->'data') IS DISTINCT FROM 'array'
