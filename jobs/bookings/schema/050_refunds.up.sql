-- drover: phase=expand
-- One row a refund.
-- A table that is there already is kept; the columns that it lacks are added. Harmless when run twice.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
  ours boolean := false;
  lacking record;
BEGIN
  IF to_regclass('public.refunds') IS NULL THEN
    CREATE TABLE public.refunds ();
    COMMENT ON TABLE public.refunds IS 'Money given back, in full or in part. (made by drover: bookings)';
  END IF;
  ours := coalesce(obj_description('public.refunds'::regclass, 'pg_class') LIKE '%' || made, false);
  FOR lacking IN
    SELECT name, definition
    FROM (VALUES
      ('id',                 'uuid PRIMARY KEY DEFAULT gen_random_uuid()'),
      ('payment_id',         'uuid NOT NULL'),
      ('amount',             'numeric(12,2) NOT NULL CHECK (amount > 0)'),
      ('status',             'text NOT NULL DEFAULT ''pending'' CHECK (status IN (''pending'', ''succeeded'', ''failed'', ''cancelled''))'),
      ('reason',             'text'),
      ('provider_refund_id', 'text UNIQUE'),
      ('refunded_at',        'timestamptz NOT NULL DEFAULT now()')
    ) AS wanted(name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = 'public.refunds'::regclass AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.refunds ADD COLUMN %I %s', lacking.name, lacking.definition);
    IF NOT ours THEN
      EXECUTE format('COMMENT ON COLUMN public.refunds.%I IS %L', lacking.name, made);
    END IF;
  END LOOP;
END
$step$;
