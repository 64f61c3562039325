-- drover: phase=index
-- Validates the foreign keys of the catalog; readers and writers go on meanwhile.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname
    FROM pg_constraint
    WHERE contype = 'f' AND NOT convalidated AND conrelid = 'public.supplier_catalogs'::regclass
      AND obj_description(oid, 'pg_constraint') LIKE '%(made by drover: dropshipping)'
  LOOP
    EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', ours.relation, ours.conname);
  END LOOP;
END
$step$;
