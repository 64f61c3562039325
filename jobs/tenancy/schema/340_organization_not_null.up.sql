-- drover: phase=index
-- The validated checks become NOT NULL, which takes a moment as the server knows already that they hold.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname, attname AS key, col_description(attrelid, attnum) AS comment
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'c' AND convalidated AND connamespace = 'public'::regnamespace
      AND obj_description(pg_constraint.oid, 'pg_constraint') = '(made by drover: tenancy)' AND conname LIKE '%\_given'
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', ours.relation, ours.key);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', ours.relation, ours.conname);
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', ours.relation, ours.key,
                   coalesce(ours.comment, '') || ' (NOT NULL by drover: tenancy)');
  END LOOP;
END
$step$;
