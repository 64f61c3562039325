-- Drops the indexes and constraints that carry this job's mark, and no others.
DO $step$
DECLARE
  made constant text := '%(made by drover: bookings)';
  ours record;
BEGIN
  FOR ours IN
    SELECT conname
    FROM pg_constraint
    WHERE conrelid = to_regclass('public.payments') AND contype IN ('p', 'u', 'c', 'x')
      AND obj_description(oid, 'pg_constraint') LIKE made
  LOOP
    EXECUTE format('ALTER TABLE public.payments DROP CONSTRAINT %I', ours.conname);
  END LOOP;
  FOR ours IN
    SELECT indexrelid::regclass AS name
    FROM pg_index
    WHERE indrelid = to_regclass('public.payments') AND obj_description(indexrelid, 'pg_class') LIKE made
  LOOP
    EXECUTE format('DROP INDEX %s', ours.name);
  END LOOP;
END
$step$;
