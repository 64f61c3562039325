-- Drops the checks that 340 has not turned into NOT NULL.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname
    FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace
      AND obj_description(oid, 'pg_constraint') = '(made by drover: tenancy)' AND conname LIKE '%\_given'
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', ours.relation, ours.conname);
  END LOOP;
END
$step$;
