-- Takes away what the step above made and nothing else: the table, or the columns that it added.
DO $step$
DECLARE
  added record;
BEGIN
  IF obj_description(to_regclass('public.posts'), 'pg_class') LIKE '%(made by drover: tenancy)' THEN
    DROP TABLE public.posts;
    RETURN;
  END IF;
  FOR added IN
    SELECT attrelid::regclass AS relation, attname
    FROM pg_attribute
    WHERE attrelid IN (to_regclass('public.posts'))
      AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) = '(made by drover: tenancy, 030)'
  LOOP
    EXECUTE format('ALTER TABLE %s DROP COLUMN %I', added.relation, added.attname);
  END LOOP;
END
$step$;
