-- drover: phase=index
-- From here on, statistics and activity follow each booking and payment by themselves. Last of all, so that the load
-- does not fire them; drover's own sessions (drover.run is set) never do: a run writes those figures itself.
-- Harmless when run twice.

-- The figures of these users, made anew from their bookings. Locked first, in one order, so that two writers of one
-- user's bookings wait for each other and the second one sees what the first has done.
CREATE OR REPLACE FUNCTION public.refresh_user_statistics(users_changed uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
$function$
BEGIN
  PERFORM FROM public.users WHERE id = ANY (users_changed) ORDER BY id FOR NO KEY UPDATE;
  UPDATE public.users u
  SET total_bookings = s.total_bookings, total_spent = s.total_spent,
      first_booking_date = s.first_booking_date, last_booking_date = s.last_booking_date,
      last_activity_date = s.last_booking_date
  FROM (SELECT c.user_id, count(b.id)::int AS total_bookings, coalesce(sum(b."finalAmount"), 0) AS total_spent,
               min(b."createdAt") AS first_booking_date, max(b."createdAt") AS last_booking_date
        FROM unnest(users_changed) AS c(user_id)
        LEFT JOIN public.bookings b ON b.user_id = c.user_id
        GROUP BY c.user_id) s
  WHERE u.id = s.user_id
    AND (u.total_bookings, u.total_spent, u.first_booking_date, u.last_booking_date, u.last_activity_date)
        IS DISTINCT FROM
        (s.total_bookings, s.total_spent, s.first_booking_date, s.last_booking_date, s.last_booking_date);
END
$function$;
COMMENT ON FUNCTION public.refresh_user_statistics(uuid[]) IS
  'Makes the statistics of these users anew from their bookings. (made by drover: bookings)';

-- The functions that log need uuid_generate_v5, in whichever schema its extension lives.
DO $step$
DECLARE
  uuids constant text := (SELECT quote_ident(nspname) FROM pg_extension e
                          JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'uuid-ossp');
BEGIN
  EXECUTE format($create$
    CREATE OR REPLACE FUNCTION public.log_user_activity(person uuid, what text, subject text, at timestamptz)
    RETURNS void LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS
    $function$
      INSERT INTO public.user_activity_logs (id, user_id, activity, subject_id, occurred_at)
      VALUES (%1$s.uuid_generate_v5(%1$s.uuid_generate_v5(%1$s.uuid_ns_url(), 'drover/bookings/activity'),
                                    what || ':' || subject),
              person, what, subject, at)
      ON CONFLICT (id) DO NOTHING
    $function$ $create$, uuids);
END
$step$;
COMMENT ON FUNCTION public.log_user_activity(uuid, text, text, timestamptz) IS
  'Logs an activity once, under the id that the bookings job would give it. (made by drover: bookings)';

CREATE OR REPLACE FUNCTION public.bookings_added() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
$function$
BEGIN
  PERFORM public.refresh_user_statistics(array_agg(DISTINCT user_id)) FROM added WHERE user_id IS NOT NULL
  HAVING count(*) > 0;
  PERFORM public.log_user_activity(user_id, 'booking_created', id::text, "createdAt")
  FROM added WHERE user_id IS NOT NULL;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION public.bookings_added() IS
  'Statistics and activity after bookings were added. (made by drover: bookings)';

CREATE OR REPLACE FUNCTION public.bookings_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
$function$
BEGIN
  PERFORM public.refresh_user_statistics(array_agg(DISTINCT c.user_id))
  FROM (SELECT user_id, id, "finalAmount", "createdAt" FROM before
        EXCEPT
        SELECT user_id, id, "finalAmount", "createdAt" FROM after
        UNION
        (SELECT user_id, id, "finalAmount", "createdAt" FROM after
         EXCEPT
         SELECT user_id, id, "finalAmount", "createdAt" FROM before)) c
  WHERE c.user_id IS NOT NULL
  HAVING count(*) > 0;
  PERFORM public.log_user_activity(a.user_id, 'booking_created', a.id::text, a."createdAt")
  FROM after a LEFT JOIN before b ON b.id = a.id
  WHERE a.user_id IS NOT NULL AND b.user_id IS NULL;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION public.bookings_changed() IS
  'Statistics and activity after bookings were linked, moved or edited. (made by drover: bookings)';

CREATE OR REPLACE FUNCTION public.bookings_removed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
$function$
BEGIN
  PERFORM public.refresh_user_statistics(array_agg(DISTINCT user_id)) FROM removed WHERE user_id IS NOT NULL
  HAVING count(*) > 0;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION public.bookings_removed() IS
  'Statistics after bookings were deleted. (made by drover: bookings)';

CREATE OR REPLACE FUNCTION public.payment_completed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
$function$
BEGIN
  PERFORM public.log_user_activity(NEW.user_id, 'payment_completed', NEW.id::text, NEW.payment_date);
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION public.payment_completed() IS
  'Activity after a payment has come in. (made by drover: bookings)';

CREATE OR REPLACE FUNCTION public.note_profile_edit() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
$function$
BEGIN
  NEW.profile_edited_at := now();
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION public.note_profile_edit() IS
  'Remembers that somebody edited a profile, so that a later run keeps it. (made by drover: bookings)';

CREATE OR REPLACE TRIGGER bookings_added AFTER INSERT ON public.bookings
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT
  WHEN (coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION public.bookings_added();
COMMENT ON TRIGGER bookings_added ON public.bookings IS '(made by drover: bookings)';

CREATE OR REPLACE TRIGGER bookings_changed AFTER UPDATE ON public.bookings
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT
  WHEN (coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION public.bookings_changed();
COMMENT ON TRIGGER bookings_changed ON public.bookings IS '(made by drover: bookings)';

CREATE OR REPLACE TRIGGER bookings_removed AFTER DELETE ON public.bookings
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT
  WHEN (coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION public.bookings_removed();
COMMENT ON TRIGGER bookings_removed ON public.bookings IS '(made by drover: bookings)';

CREATE OR REPLACE TRIGGER payment_completed AFTER INSERT OR UPDATE OF status, user_id ON public.payments
  FOR EACH ROW
  WHEN (NEW.status = 'succeeded' AND NEW.user_id IS NOT NULL
        AND coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION public.payment_completed();
COMMENT ON TRIGGER payment_completed ON public.payments IS '(made by drover: bookings)';

CREATE OR REPLACE TRIGGER note_profile_edit BEFORE UPDATE OF first_name, last_name, phone, company_name, email
  ON public.users FOR EACH ROW
  WHEN ((OLD.first_name, OLD.last_name, OLD.phone, OLD.company_name, OLD.email)
        IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.phone, NEW.company_name, NEW.email)
        AND coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION public.note_profile_edit();
COMMENT ON TRIGGER note_profile_edit ON public.users IS '(made by drover: bookings)';
