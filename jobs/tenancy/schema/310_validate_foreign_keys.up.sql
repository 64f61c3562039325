-- drover: phase=index
-- Validates the foreign keys; readers and writers go on meanwhile.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname
    FROM pg_constraint
    WHERE contype = 'f' AND NOT convalidated AND connamespace = 'public'::regnamespace
      AND obj_description(oid, 'pg_constraint') LIKE '%(made by drover: tenancy)'
    ORDER BY conrelid::regclass::text, conname
  LOOP
    EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', ours.relation, ours.conname);
  END LOOP;
END
$step$;
