DO $step$
BEGIN
  IF obj_description(to_regclass('public.bookings_with_users'), 'pg_class') LIKE '%(made by drover: bookings)' THEN
    DROP VIEW public.bookings_with_users;
  END IF;
END
$step$;
