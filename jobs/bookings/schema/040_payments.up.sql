-- drover: phase=expand
-- One row a payment. Keys and indexes follow after the load (100_b_payments).
-- A table that is there already is kept; the columns that it lacks are added. Harmless when run twice.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
  ours boolean := false;
  lacking record;
BEGIN
  IF to_regclass('public.payments') IS NULL THEN
    CREATE TABLE public.payments ();
    COMMENT ON TABLE public.payments IS 'One row a payment; those from before the users existed have the reference MIGRATED-…. (made by drover: bookings)';
  END IF;
  ours := coalesce(obj_description('public.payments'::regclass, 'pg_class') LIKE '%' || made, false);
  FOR lacking IN
    SELECT name, definition
    FROM (VALUES
      ('id',                  'uuid NOT NULL DEFAULT gen_random_uuid()'),
      ('booking_id',          'bigint NOT NULL'),
      ('user_id',             'uuid'),
      ('amount',              'numeric(12,2) NOT NULL'),
      ('status',              'text NOT NULL DEFAULT ''pending'''),
      ('payment_date',        'timestamptz NOT NULL DEFAULT now()'),
      ('payment_method',      'text NOT NULL DEFAULT ''card'''),
      ('payment_reference',   'text NOT NULL'),
      ('provider_payment_id', 'text')
    ) AS wanted(name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = 'public.payments'::regclass AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.payments ADD COLUMN %I %s', lacking.name, lacking.definition);
    IF NOT ours THEN
      EXECUTE format('COMMENT ON COLUMN public.payments.%I IS %L', lacking.name, made);
    END IF;
  END LOOP;
END
$step$;
