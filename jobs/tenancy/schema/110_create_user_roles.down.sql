-- Takes away what the step above made and nothing else: the table, or the columns that it added.
DO $step$
DECLARE
  made constant text := '%(made by drover: tenancy)';
  added record;
BEGIN
  IF obj_description(to_regclass('public.user_roles'), 'pg_class') LIKE made THEN
    DROP TABLE public.user_roles;
    RETURN;
  END IF;
  FOR added IN
    SELECT attname
    FROM pg_attribute
    WHERE attrelid = to_regclass('public.user_roles') AND attnum > 0 AND NOT attisdropped
      AND col_description(attrelid, attnum) LIKE made
  LOOP
    EXECUTE format('ALTER TABLE public.user_roles DROP COLUMN %I', added.attname);
  END LOOP;
END
$step$;
