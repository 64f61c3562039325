-- drover: phase=expand
-- One row a person. Keys and indexes follow after the load (100_a_users).
-- A table that is there already is kept; the columns that it lacks are added. Harmless when run twice.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
  ours boolean := false;
  lacking record;
  unfilled text;
BEGIN
  IF to_regclass('public.users') IS NULL THEN
    CREATE TABLE public.users ();
    COMMENT ON TABLE public.users IS 'One person, known by one email address. (made by drover: bookings)';
  END IF;
  ours := coalesce(obj_description('public.users'::regclass, 'pg_class') LIKE '%' || made, false);
  IF EXISTS (SELECT FROM pg_attribute
             WHERE attrelid = 'public.users'::regclass AND attname = 'id' AND atttypid <> 'uuid'::regtype) THEN
    RAISE EXCEPTION 'users.id is not a uuid, so this job cannot link bookings to the users that exist';
  END IF;
  SELECT string_agg(attname, ', ' ORDER BY attnum) INTO unfilled
  FROM pg_attribute
  WHERE attrelid = 'public.users'::regclass AND attnum > 0 AND NOT attisdropped
    AND attnotnull AND NOT atthasdef AND attidentity = ''
    AND attname NOT IN ('id', 'email', 'total_bookings', 'total_spent', 'first_booking_date',
                        'last_booking_date', 'last_activity_date', 'created_at');
  IF unfilled IS NOT NULL THEN
    RAISE EXCEPTION 'users has columns that may not be NULL, have no default and are nothing a booking tells: %', unfilled
      USING HINT = 'Give each a default, or let it be NULL, then run again.';
  END IF;
  FOR lacking IN
    SELECT name, definition
    FROM (VALUES
      ('id',                 'uuid NOT NULL DEFAULT gen_random_uuid()'),
      ('email',              'text NOT NULL'),
      ('first_name',         'text'),
      ('last_name',          'text'),
      ('phone',              'text'),
      ('company_name',       'text'),
      ('total_bookings',     'int NOT NULL DEFAULT 0'),
      ('total_spent',        'numeric(14,2) NOT NULL DEFAULT 0'),
      ('first_booking_date', 'timestamptz'),
      ('last_booking_date',  'timestamptz'),
      ('last_activity_date', 'timestamptz'),
      ('created_at',         'timestamptz NOT NULL DEFAULT now()'),
      ('profile_edited_at',  'timestamptz')
    ) AS wanted(name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = 'public.users'::regclass AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.users ADD COLUMN %I %s', lacking.name, lacking.definition);
    IF NOT ours THEN
      EXECUTE format('COMMENT ON COLUMN public.users.%I IS %L', lacking.name, made);
    END IF;
  END LOOP;
END
$step$;
