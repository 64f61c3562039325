-- drover: phase=index
-- Key and index of the crosswalk, built once the rows are there. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('customer_diners', 'customer_diners_pkey', 'PRIMARY KEY (customer_id)')
    ) AS v(relation, name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_constraint
                      WHERE conrelid = to_regclass('public.' || relation)
                        AND (conname = name OR contype = 'p' AND definition LIKE 'PRIMARY KEY%'))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', wanted.relation, wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L', wanted.name, wanted.relation, made);
  END LOOP;
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_customer_diners_diner_id', '', 'customer_diners (diner_id)')
    ) AS v(name, uniqueness, target)
    WHERE to_regclass('public.' || name) IS NULL
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%s', wanted.uniqueness, wanted.name, wanted.target);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, made);
  END LOOP;
END
$step$;
