-- Drops the keys, checks and indexes that carry this job's mark, and no others.
DO $step$
DECLARE
  made constant text := '%(made by drover: diners)';
  relations constant regclass[] := ARRAY[to_regclass('public.diner_restaurant_profiles')]::regclass[];
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname
    FROM pg_constraint
    WHERE conrelid = ANY (relations) AND contype IN ('p', 'u', 'c', 'x') AND obj_description(oid, 'pg_constraint') LIKE made
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', ours.relation, ours.conname);
  END LOOP;
  FOR ours IN
    SELECT indexrelid::regclass AS name
    FROM pg_index
    WHERE indrelid = ANY (relations) AND obj_description(indexrelid, 'pg_class') LIKE made
  LOOP
    EXECUTE format('DROP INDEX %s', ours.name);
  END LOOP;
END
$step$;
