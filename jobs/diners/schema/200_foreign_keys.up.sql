-- drover: phase=index
-- Every foreign key, not yet validated: that takes a moment, and new rows are checked from here on. None cascades but
-- the crosswalk's: a customer who could be deleted before still can.
-- A column that refers to the same table already, as the legacy ones do in their own database, is left as it is.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *, relation || '_' || key || '_fkey' AS name
    FROM (VALUES
      ('subscriptions', 'restaurant_id', 'restaurants', ''),
      ('customer_diners', 'customer_id', 'customers', 'ON DELETE CASCADE'),
      ('customer_diners', 'diner_id', 'diners', ''),
      ('diner_restaurant_profiles', 'diner_id', 'diners', ''),
      ('diner_restaurant_profiles', 'restaurant_id', 'restaurants', ''),
      ('restaurant_staff', 'restaurant_id', 'restaurants', ''),
      ('restaurant_staff', 'user_id', 'users', ''),
      ('customers', 'restaurant_id', 'restaurants', ''),
      ('reservations', 'restaurant_id', 'restaurants', ''),
      ('reservations', 'customer_id', 'customers', '')
    ) AS v(relation, key, refers_to, deletion)
    WHERE NOT EXISTS (SELECT
                      FROM pg_constraint f
                      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
                      WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND a.attname = key
                        AND f.conrelid = to_regclass('public.' || relation)
                        AND f.confrelid = to_regclass('public.' || refers_to))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES public.%I (id) %s NOT VALID',
                   wanted.relation, wanted.name, wanted.key, wanted.refers_to, wanted.deletion);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L',
                   wanted.name, wanted.relation, '(made by drover: diners)');
  END LOOP;
END
$step$;
