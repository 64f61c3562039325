-- drover: phase=expand
-- One row a note.
-- A table that is there already is kept; the columns that it lacks are added. Harmless when run twice.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
  ours boolean := false;
  lacking record;
BEGIN
  IF to_regclass('public.user_notes') IS NULL THEN
    CREATE TABLE public.user_notes ();
    COMMENT ON TABLE public.user_notes IS 'What the staff wrote down about a user. (made by drover: bookings)';
  END IF;
  ours := coalesce(obj_description('public.user_notes'::regclass, 'pg_class') LIKE '%' || made, false);
  FOR lacking IN
    SELECT name, definition
    FROM (VALUES
      ('id',         'uuid PRIMARY KEY DEFAULT gen_random_uuid()'),
      ('user_id',    'uuid NOT NULL'),
      ('note',       'text NOT NULL'),
      ('written_by', 'text'),
      ('created_at', 'timestamptz NOT NULL DEFAULT now()')
    ) AS wanted(name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = 'public.user_notes'::regclass AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.user_notes ADD COLUMN %I %s', lacking.name, lacking.definition);
    IF NOT ours THEN
      EXECUTE format('COMMENT ON COLUMN public.user_notes.%I IS %L', lacking.name, made);
    END IF;
  END LOOP;
END
$step$;
