-- drover: phase=expand
-- One row an event of the payment provider: its id is the key, so that one delivered twice counts once.
-- A table that is there already is kept; the columns that it lacks are added. Harmless when run twice.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
  ours boolean := false;
  lacking record;
BEGIN
  IF to_regclass('public.payment_events') IS NULL THEN
    CREATE TABLE public.payment_events ();
    COMMENT ON TABLE public.payment_events IS 'What the payment provider told us, once an event, as it came. (made by drover: bookings)';
  END IF;
  ours := coalesce(obj_description('public.payment_events'::regclass, 'pg_class') LIKE '%' || made, false);
  FOR lacking IN
    SELECT name, definition
    FROM (VALUES
      ('event_id',          'text PRIMARY KEY'),
      ('event_type',        'text NOT NULL'),
      ('booking_reference', 'text'),
      ('payment_id',        'uuid'),
      ('payload',           'jsonb NOT NULL'),
      ('occurred_at',       'timestamptz NOT NULL'),
      ('received_at',       'timestamptz NOT NULL DEFAULT now()')
    ) AS wanted(name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = 'public.payment_events'::regclass AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.payment_events ADD COLUMN %I %s', lacking.name, lacking.definition);
    IF NOT ours THEN
      EXECUTE format('COMMENT ON COLUMN public.payment_events.%I IS %L', lacking.name, made);
    END IF;
  END LOOP;
END
$step$;
