-- Drops those of the legacy tables that the step above made, and no others.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT oid::regclass AS relation
    FROM pg_class
    WHERE oid IN (to_regclass('public.reservations'), to_regclass('public.customers'),
                  to_regclass('public.restaurant_staff'), to_regclass('public.restaurants'),
                  to_regclass('public.users'))
      AND obj_description(oid, 'pg_class') LIKE '%(made by drover: diners)'
  LOOP
    EXECUTE format('DROP TABLE %s', ours.relation);
  END LOOP;
END
$step$;
