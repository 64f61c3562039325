-- Takes away what the step above made and nothing else: the table or the column.
DO $step$
DECLARE
  made constant text := '%(made by drover: bookings)';
  bookings constant regclass := to_regclass('public.bookings');
BEGIN
  IF obj_description(bookings, 'pg_class') LIKE made THEN
    DROP TABLE public.bookings;
  ELSIF EXISTS (SELECT FROM pg_attribute
                WHERE attrelid = bookings AND attname = 'user_id' AND col_description(attrelid, attnum) LIKE made) THEN
    ALTER TABLE public.bookings DROP COLUMN user_id;
  END IF;
END
$step$;
