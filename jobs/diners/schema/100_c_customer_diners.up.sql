-- drover: phase=index
-- Key and index of the crosswalk, built once the rows are there. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  -- Only for tables and columns of this job: one that was there before may hold what these do not know.
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('customer_diners', 'customer_id', 'customer_diners_pkey', 'PRIMARY KEY (customer_id)')
    ) AS v(relation, "column", name, definition)
    WHERE (obj_description(to_regclass('public.' || relation), 'pg_class') LIKE '%' || made
           OR EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = to_regclass('public.' || relation) AND attname = "column"
                        AND col_description(attrelid, attnum) LIKE '%' || made))
      AND NOT EXISTS (SELECT FROM pg_constraint
                      WHERE conrelid = to_regclass('public.' || relation)
                        AND (conname = name OR contype = 'p' AND definition LIKE 'PRIMARY KEY%'))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', wanted.relation, wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L', wanted.name, wanted.relation, made);
  END LOOP;
  -- None where an index answers for it already: the table's key, or one that was there before.
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_customer_diners_customer_id', 'UNIQUE', 'customer_diners', '(customer_id)'),
      ('idx_customer_diners_diner_id', '', 'customer_diners', '(diner_id)')
    ) AS v(name, uniqueness, relation, key)
    WHERE to_regclass('public.' || name) IS NULL
      AND NOT EXISTS (SELECT
                      FROM pg_index
                      WHERE indrelid = to_regclass('public.' || relation) AND indpred IS NULL AND indisvalid
                        AND (indisunique OR uniqueness = '')
                        AND split_part(pg_get_indexdef(indexrelid), ' USING btree ', 2) = key)
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%I %s', wanted.uniqueness, wanted.name, wanted.relation, wanted.key);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, made);
  END LOOP;
END
$step$;
