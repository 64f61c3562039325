DO $step$
BEGIN
  IF EXISTS (SELECT FROM pg_extension
             WHERE extname = 'uuid-ossp'
               AND obj_description(oid, 'pg_extension') LIKE '%(made by drover: bookings)') THEN
    DROP EXTENSION "uuid-ossp";
  END IF;
END
$step$;
