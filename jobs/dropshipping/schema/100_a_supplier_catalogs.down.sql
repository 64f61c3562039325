-- Drops the indexes and the key of the catalog that carry this job's mark, and no others.
DO $step$
DECLARE
  ours record;
BEGIN
  IF EXISTS (SELECT FROM pg_constraint
             WHERE conrelid = to_regclass('public.supplier_catalogs') AND contype = 'p'
               AND obj_description(oid, 'pg_constraint') LIKE '%(made by drover: dropshipping)') THEN
    ALTER TABLE public.supplier_catalogs DROP CONSTRAINT supplier_catalogs_pkey;
  END IF;
  FOR ours IN
    SELECT indexrelid::regclass AS name
    FROM pg_index
    WHERE indrelid = to_regclass('public.supplier_catalogs')
      AND obj_description(indexrelid, 'pg_class') LIKE '%(made by drover: dropshipping)'
  LOOP
    EXECUTE format('DROP INDEX %s', ours.name);
  END LOOP;
END
$step$;
