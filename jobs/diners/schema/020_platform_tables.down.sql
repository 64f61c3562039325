-- Takes away what the step above made and nothing else: the tables, or the columns that it added to one.
DO $step$
DECLARE
  made constant text := '%(made by drover: diners)';
  ours record;
BEGIN
  FOR ours IN
    SELECT oid::regclass AS relation
    FROM pg_class
    WHERE oid IN (to_regclass('public.platform_admins'), to_regclass('public.subscriptions'),
                  to_regclass('public.customer_diners'), to_regclass('public.diner_restaurant_profiles'),
                  to_regclass('public.diners'), to_regclass('public.legacy_totals'))
      AND obj_description(oid, 'pg_class') LIKE made
  LOOP
    EXECUTE format('DROP TABLE %s', ours.relation);
  END LOOP;
  FOR ours IN
    SELECT attrelid::regclass AS relation, attname
    FROM pg_attribute
    WHERE attrelid IN (to_regclass('public.platform_admins'), to_regclass('public.restaurants'),
                       to_regclass('public.subscriptions'), to_regclass('public.diners'),
                       to_regclass('public.customer_diners'), to_regclass('public.diner_restaurant_profiles'),
                       to_regclass('public.legacy_totals'))
      AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) LIKE made
  LOOP
    EXECUTE format('ALTER TABLE %s DROP COLUMN %I', ours.relation, ours.attname);
  END LOOP;
END
$step$;
