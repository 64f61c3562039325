-- drover: phase=expand
-- The id under which a user's tokens are revoked: the load fills it in for those who are there, the default for new ones.
-- A column that is there already is kept. Harmless when run twice.
DO $step$
DECLARE
  lacking record;
BEGIN
  FOR lacking IN
    SELECT relation, name, definition
    FROM (VALUES
      ('users', 'jti', 'text')
    ) AS wanted(relation, name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = to_regclass('public.' || relation) AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD COLUMN %I %s', lacking.relation, lacking.name, lacking.definition);
    EXECUTE format('COMMENT ON COLUMN public.%I.%I IS %L', lacking.relation, lacking.name, '(made by drover: tenancy, 060)');
  END LOOP;
  -- Not with the column itself: a default of each row's own would write the whole table anew.
  IF EXISTS (SELECT FROM pg_attribute
             WHERE attrelid = 'public.users'::regclass AND attname = 'jti' AND NOT atthasdef
               AND col_description(attrelid, attnum) = '(made by drover: tenancy, 060)') THEN
    ALTER TABLE public.users ALTER COLUMN jti SET DEFAULT gen_random_uuid()::text;
  END IF;
END
$step$;
