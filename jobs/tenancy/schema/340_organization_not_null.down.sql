-- Lets those columns be NULL again, behind the validated check that they had before.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT attrelid::regclass AS relation, attname AS key, relname || '_' || attname || '_given' AS name,
           nullif(replace(col_description(attrelid, attnum), ' (NOT NULL by drover: tenancy)', ''), '') AS comment
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
      AND col_description(attrelid, attnum) LIKE '%(NOT NULL by drover: tenancy)'
  LOOP
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID', ours.relation, ours.name, ours.key);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', ours.name, ours.relation, '(made by drover: tenancy)');
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', ours.relation, ours.key);
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', ours.relation, ours.key, ours.comment);
  END LOOP;
END
$step$;
