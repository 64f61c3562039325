-- drover: phase=index
-- Validates the foreign keys of diner_restaurant_profiles; readers and writers go on meanwhile.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname
    FROM pg_constraint
    WHERE contype = 'f' AND NOT convalidated AND conrelid IN ('public.diner_restaurant_profiles'::regclass)
      AND obj_description(oid, 'pg_constraint') LIKE '%(made by drover: diners)'
  LOOP
    EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', ours.relation, ours.conname);
  END LOOP;
END
$step$;
