-- drover: phase=index
-- A user's bookings. Writers of bookings wait while it is built (about half a second a million rows).
DO $step$
BEGIN
  IF to_regclass('public.idx_bookings_user_id') IS NULL THEN
    CREATE INDEX idx_bookings_user_id ON public.bookings (user_id);
    COMMENT ON INDEX public.idx_bookings_user_id IS '(made by drover: bookings)';
  END IF;
END
$step$;
