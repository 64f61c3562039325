-- Drops the columns that the step above added, and no others.
DO $step$
DECLARE
  added record;
BEGIN
  FOR added IN
    SELECT attrelid::regclass AS relation, attname
    FROM pg_attribute
    WHERE attrelid IN (to_regclass('public.users'))
      AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) = '(made by drover: tenancy, 050)'
  LOOP
    EXECUTE format('ALTER TABLE %s DROP COLUMN %I', added.relation, added.attname);
  END LOOP;
END
$step$;
