-- Drops those of the thirteen columns that the step above added.
DO $step$
DECLARE
  added record;
BEGIN
  FOR added IN
    SELECT attname
    FROM pg_attribute
    WHERE attrelid = to_regclass('public.suppliers') AND attnum > 0 AND NOT attisdropped
      AND col_description(attrelid, attnum) LIKE '%(made by drover: dropshipping)'
  LOOP
    EXECUTE format('ALTER TABLE public.suppliers DROP COLUMN %I', added.attname);
  END LOOP;
END
$step$;
