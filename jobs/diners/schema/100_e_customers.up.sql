-- drover: phase=index
-- The indexes behind the foreign keys of customers, which it never had. Writers wait while they are built (about half a
-- second a million rows); a column that an index begins with already is left as it is.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_customers_restaurant_id', '', 'customers (restaurant_id)')
    ) AS v(name, uniqueness, target)
    WHERE to_regclass('public.' || name) IS NULL
      AND NOT EXISTS (SELECT
                      FROM pg_index i
                      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                      WHERE i.indrelid = 'public.customers'::regclass AND i.indpred IS NULL
                        AND target = format('%s (%s)', 'customers', a.attname))
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%s', wanted.uniqueness, wanted.name, wanted.target);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, made);
  END LOOP;
END
$step$;
