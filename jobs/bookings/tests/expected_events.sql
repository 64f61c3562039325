-- Oracle: what the bookings job must make of the payment provider's export, as plain SQL. Run behind expected.sql, with
-- the export's lines in public.export (line, text).
CREATE FUNCTION expected.as_json(line text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN RETURN line::jsonb; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;

-- Events that are whole, each once, as it came first.
CREATE TABLE expected.told AS
SELECT DISTINCT ON (e->>'id') e->>'id' AS event_id, e->>'type' AS event_type, to_timestamp((e->>'created')::bigint) AS occurred_at,
       nullif(btrim(e->'data'->'object'->'metadata'->>'bookingReference'), '') AS booking_reference,
       CASE WHEN e->>'type' LIKE 'payment_intent.%' THEN e->'data'->'object'->>'id'
            ELSE e->'data'->'object'->>'payment_intent' END AS intent,
       e AS payload
FROM (SELECT line, expected.as_json(text) AS e FROM public.export) x
WHERE jsonb_typeof(e) = 'object' AND e->>'id' IS NOT NULL AND e->>'type' IS NOT NULL AND e->>'created' ~ '^\d+$'
ORDER BY e->>'id', line;

CREATE TABLE expected.intents AS
SELECT DISTINCT ON (intent) intent, booking_reference, occurred_at
FROM expected.told
WHERE event_type = 'payment_intent.succeeded' AND intent IS NOT NULL AND booking_reference IS NOT NULL
ORDER BY intent, occurred_at, event_id;

CREATE TABLE expected.payment_events AS
SELECT t.event_id, t.event_type, coalesce(t.booking_reference, i.booking_reference) AS booking_reference, p.id AS payment_id,
       t.payload, t.occurred_at
FROM expected.told t
LEFT JOIN expected.intents i USING (intent)
LEFT JOIN expected.payments p ON p.payment_reference = 'MIGRATED-' || coalesce(t.booking_reference, i.booking_reference);

CREATE TABLE expected.provider_payments AS
SELECT p.id, (SELECT i.intent FROM expected.intents i WHERE 'MIGRATED-' || i.booking_reference = p.payment_reference
              ORDER BY i.occurred_at, i.intent LIMIT 1) AS provider_payment_id
FROM expected.payments p;

-- A refund is in the list of every event of its charge; the newest event counts. Without a list: what the event adds.
CREATE TABLE expected.refunds AS
WITH listed AS (
  SELECT e.*, r.refund, r.refund->>'id' AS refund_id, coalesce(r.refund->>'currency', payload->'data'->'object'->>'currency') AS currency,
         (r.refund->>'amount')::numeric AS minor, r.refund->>'status' AS said, r.refund->>'reason' AS reason,
         to_timestamp((r.refund->>'created')::bigint) AS created
  FROM expected.payment_events e CROSS JOIN LATERAL jsonb_path_query(payload, '$.data.object.refunds.data[*]') AS r(refund)
  WHERE event_type = 'charge.refunded'
  UNION ALL
  SELECT e.*, NULL, event_id, payload->'data'->'object'->>'currency',
         (payload->'data'->'object'->>'amount_refunded')::numeric
         - coalesce((payload->'data'->'previous_attributes'->>'amount_refunded')::numeric, 0), 'succeeded', NULL, NULL
  FROM expected.payment_events e
  WHERE event_type = 'charge.refunded' AND NOT payload @? '$.data.object.refunds.data'
), newest AS (
  SELECT DISTINCT ON (refund_id) * FROM listed ORDER BY refund_id, occurred_at DESC, event_id DESC
)
SELECT expected.uuid5('drover/bookings/refunds', refund_id) AS id, payment_id,
       round(CASE WHEN lower(currency) IN ('bif','clp','djf','gnf','jpy','kmf','krw','mga','pyg','rwf','ugx','vnd','vuv','xaf','xof','xpf') THEN minor
                  WHEN lower(currency) IN ('bhd','jod','kwd','omr','tnd') THEN minor / 1000 ELSE minor / 100 END, 2) AS amount,
       CASE said WHEN 'succeeded' THEN 'succeeded' WHEN 'failed' THEN 'failed' WHEN 'canceled' THEN 'cancelled' ELSE 'pending' END AS status,
       reason, refund_id AS provider_refund_id, coalesce(created, occurred_at) AS refunded_at
FROM newest
WHERE refund_id IS NOT NULL AND minor > 0 AND payment_id IS NOT NULL;
