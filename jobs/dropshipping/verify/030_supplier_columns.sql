-- suppliers has its thirteen new columns.
-- drover: severity=error
SELECT name AS missing
FROM unnest(ARRAY['integration_method', 'api_base_url', 'api_key_ref', 'feed_url', 'feed_format', 'feed_schedule', 'last_feed_at',
                  'order_email', 'lead_time_days', 'min_order_cents', 'ships_to', 'return_policy', 'integration_status']) AS wanted(name)
WHERE NOT EXISTS (SELECT FROM pg_attribute
                  WHERE attrelid = 'public.suppliers'::regclass AND attname = name AND NOT attisdropped)
