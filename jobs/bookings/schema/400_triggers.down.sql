-- Drops the triggers and functions that carry this job's mark, and no others.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT tgname, tgrelid::regclass AS relation
    FROM pg_trigger
    WHERE tgrelid IN (to_regclass('public.bookings'), to_regclass('public.payments'), to_regclass('public.users'))
      AND obj_description(oid, 'pg_trigger') LIKE '%(made by drover: bookings)'
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', ours.tgname, ours.relation);
  END LOOP;
  FOR ours IN
    SELECT oid::regprocedure AS name
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
      AND obj_description(oid, 'pg_proc') LIKE '%(made by drover: bookings)'
  LOOP
    EXECUTE format('DROP FUNCTION %s', ours.name);
  END LOOP;
END
$step$;
