-- drover: phase=index
-- Key, checks and index of the profiles, built once the rows are there. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('diner_restaurant_profiles', 'diner_restaurant_profiles_pkey', 'PRIMARY KEY (diner_id, restaurant_id)'),
      ('diner_restaurant_profiles', 'diner_restaurant_profiles_visit_count_check', 'CHECK (visit_count >= 0)')
    ) AS v(relation, name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_constraint
                      WHERE conrelid = to_regclass('public.' || relation)
                        AND (conname = name OR contype = 'p' AND definition LIKE 'PRIMARY KEY%'))
      -- A table or column that was there before may hold what these checks do not know.
      AND (obj_description(to_regclass('public.' || relation), 'pg_class') LIKE '%' || made
           OR EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = to_regclass('public.' || relation) AND name LIKE '%' || attname || '_check'
                        AND col_description(attrelid, attnum) LIKE '%' || made)
           OR definition LIKE 'PRIMARY KEY%')
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', wanted.relation, wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L', wanted.name, wanted.relation, made);
  END LOOP;
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_diner_restaurant_profiles_restaurant_id', '', 'diner_restaurant_profiles (restaurant_id)')
    ) AS v(name, uniqueness, target)
    WHERE to_regclass('public.' || name) IS NULL
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%s', wanted.uniqueness, wanted.name, wanted.target);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, made);
  END LOOP;
END
$step$;
