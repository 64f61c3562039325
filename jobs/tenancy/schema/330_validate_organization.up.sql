-- drover: phase=index
-- Validates the checks of 320; readers and writers go on meanwhile.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname
    FROM pg_constraint
    WHERE contype = 'c' AND NOT convalidated AND connamespace = 'public'::regnamespace
      AND obj_description(oid, 'pg_constraint') = '(made by drover: tenancy)' AND conname LIKE '%\_given'
    ORDER BY conrelid::regclass::text, conname
  LOOP
    BEGIN
      EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', ours.relation, ours.conname);
    EXCEPTION WHEN check_violation THEN
      RAISE EXCEPTION '% has rows that belong to no organization yet', ours.relation
        USING HINT = 'They are of the MyHub that this database holds: run this job for its organization, with this database as source and target, then run this one again.';
    END;
  END LOOP;
END
$step$;
