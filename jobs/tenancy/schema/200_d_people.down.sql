-- Drops the indexes that carry this job's mark, and no others.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT indexrelid::regclass AS name
    FROM pg_index
    WHERE indrelid IN (to_regclass('public.organizations'), to_regclass('public.roles'), to_regclass('public.user_roles'), to_regclass('public.students'), to_regclass('public.professionals'))
      AND obj_description(indexrelid, 'pg_class') LIKE '%(made by drover: tenancy)'
  LOOP
    EXECUTE format('DROP INDEX %s', ours.name);
  END LOOP;
END
$step$;
