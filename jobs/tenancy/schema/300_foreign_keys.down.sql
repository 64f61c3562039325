-- Drops the foreign keys that carry this job's mark, and no others.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname
    FROM pg_constraint
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace
      AND obj_description(oid, 'pg_constraint') LIKE '%(made by drover: tenancy)'
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', ours.relation, ours.conname);
  END LOOP;
END
$step$;
