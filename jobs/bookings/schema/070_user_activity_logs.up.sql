-- drover: phase=expand
-- One row an activity. Keys and indexes follow after the load (100_c_user_activity_logs).
-- A table that is there already is kept; the columns that it lacks are added. Harmless when run twice.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
  ours boolean := false;
  lacking record;
BEGIN
  IF to_regclass('public.user_activity_logs') IS NULL THEN
    CREATE TABLE public.user_activity_logs ();
    COMMENT ON TABLE public.user_activity_logs IS 'What a user did, and when. (made by drover: bookings)';
  END IF;
  ours := coalesce(obj_description('public.user_activity_logs'::regclass, 'pg_class') LIKE '%' || made, false);
  FOR lacking IN
    SELECT name, definition
    FROM (VALUES
      ('id',          'uuid NOT NULL DEFAULT gen_random_uuid()'),
      ('user_id',     'uuid NOT NULL'),
      ('activity',    'text NOT NULL'),
      ('subject_id',  'text NOT NULL'),
      ('occurred_at', 'timestamptz NOT NULL DEFAULT now()')
    ) AS wanted(name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = 'public.user_activity_logs'::regclass AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.user_activity_logs ADD COLUMN %I %s', lacking.name, lacking.definition);
    IF NOT ours THEN
      EXECUTE format('COMMENT ON COLUMN public.user_activity_logs.%I IS %L', lacking.name, made);
    END IF;
  END LOOP;
END
$step$;
