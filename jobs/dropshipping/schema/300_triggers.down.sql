-- Drops the triggers that carry this job's mark, and their function if it does.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT tgname, tgrelid::regclass AS relation
    FROM pg_trigger
    WHERE NOT tgisinternal AND obj_description(oid, 'pg_trigger') LIKE '%(made by drover: dropshipping)'
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', ours.tgname, ours.relation);
  END LOOP;
  IF obj_description(to_regprocedure('public.dropshipping_touch()'), 'pg_proc') LIKE '%(made by drover: dropshipping)' THEN
    DROP FUNCTION public.dropshipping_touch();
  END IF;
END
$step$;
