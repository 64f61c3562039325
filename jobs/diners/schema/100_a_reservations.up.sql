-- drover: phase=index
-- The indexes behind the foreign keys of reservations, which it never had. Writers wait while they are built: about half
-- a second a million rows.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  -- None where an index answers for it already: the table's key, or one that was there before.
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_reservations_restaurant_id', '', 'reservations', '(restaurant_id)'),
      ('idx_reservations_customer_id', '', 'reservations', '(customer_id)')
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
