-- drover: phase=index
-- What the old admin endpoint answered, and the user beside it. A view of that name that is there already is kept.
DO $step$
BEGIN
  IF to_regclass('public.bookings_with_users') IS NULL THEN
    CREATE VIEW public.bookings_with_users AS
    SELECT b.*,
           nullif(concat_ws(' ', b."contactDetails"->>'firstName', b."contactDetails"->>'lastName'), '') AS "customerName",
           b."contactDetails"->>'email' AS "customerEmail",
           CASE WHEN u.id IS NOT NULL
                THEN jsonb_build_object('id', u.id, 'totalBookings', u.total_bookings, 'totalSpent', u.total_spent)
           END AS "user"
    FROM public.bookings b
    LEFT JOIN public.users u ON u.id = b.user_id;
    COMMENT ON VIEW public.bookings_with_users IS
      'Bookings as the old admin endpoint answered them, each with its user. (made by drover: bookings)';
  END IF;
END
$step$;
