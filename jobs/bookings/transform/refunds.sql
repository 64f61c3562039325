-- One row a refund, as the newest event has it. Amounts come in the currency's smallest unit.
SELECT DISTINCT ON (refund_id)
       uuid5('drover/bookings/refunds', refund_id) AS id,
       payment_id,
       (minor::numeric / CASE WHEN lower(currency) IN ('bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf',
                                                       'ugx', 'vnd', 'vuv', 'xaf', 'xof', 'xpf') THEN 1
                              WHEN lower(currency) IN ('bhd', 'jod', 'kwd', 'omr', 'tnd') THEN 1000
                              ELSE 100 END)::numeric(12,2) AS amount,
       CASE status WHEN 'succeeded' THEN 'succeeded' WHEN 'failed' THEN 'failed'
                   WHEN 'canceled' THEN 'cancelled' ELSE 'pending' END AS status,
       refund_reason,
       refund_id AS provider_refund_id,
       coalesce(to_timestamp(created::bigint), occurred_at) AS refunded_at
FROM refunds_told
ORDER BY refund_id, occurred_at DESC, event_id DESC
