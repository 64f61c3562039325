-- The bookings job as plain SQL inside the database: what drover is measured against.
-- Runs after the job's expand steps and before its index steps, on one connection with the server's own parallelism.
-- Each statement reads what the one before it made; the contact is taken apart once.
\set ON_ERROR_STOP on
\timing on
BEGIN;

\echo contacts
CREATE TEMP TABLE contacts AS
SELECT id AS booking_id,
       lower(nullif(btrim("contactDetails"->>'email', E' \t\r\n'), '')) AS email,
       nullif(btrim("contactDetails"->>'firstName', E' \t\r\n'), '') AS first_name,
       nullif(btrim("contactDetails"->>'lastName', E' \t\r\n'), '') AS last_name,
       nullif(btrim("contactDetails"->>'phone', E' \t\r\n'), '') AS phone,
       nullif(btrim("contactDetails"->>'company', E' \t\r\n'), '') AS company_name,
       "finalAmount" AS amount, "createdAt" AS created_at
FROM public.bookings;
UPDATE contacts SET email = NULL WHERE email NOT LIKE '_%@_%' OR email LIKE '% %';
ANALYZE contacts;

\echo users
INSERT INTO public.users (id, email, first_name, last_name, phone, company_name, total_bookings, total_spent,
                          first_booking_date, last_booking_date, last_activity_date, created_at)
SELECT uuid_generate_v5(uuid_generate_v5(uuid_ns_url(), 'drover/bookings/users'), email), email,
       (array_agg(first_name   ORDER BY created_at DESC, booking_id DESC) FILTER (WHERE first_name   IS NOT NULL))[1],
       (array_agg(last_name    ORDER BY created_at DESC, booking_id DESC) FILTER (WHERE last_name    IS NOT NULL))[1],
       (array_agg(phone        ORDER BY created_at DESC, booking_id DESC) FILTER (WHERE phone        IS NOT NULL))[1],
       (array_agg(company_name ORDER BY created_at DESC, booking_id DESC) FILTER (WHERE company_name IS NOT NULL))[1],
       count(*)::int, coalesce(sum(amount), 0), min(created_at), max(created_at), max(created_at), min(created_at)
FROM contacts
WHERE email IS NOT NULL
GROUP BY email;
ANALYZE public.users;

\echo links
UPDATE public.bookings b
SET user_id = u.id
FROM contacts c
JOIN public.users u USING (email)
WHERE c.booking_id = b.id;

\echo payments
INSERT INTO public.payments (id, booking_id, user_id, amount, status, payment_date, payment_method, payment_reference)
SELECT uuid_generate_v5(uuid_generate_v5(uuid_ns_url(), 'drover/bookings/payments'), 'MIGRATED-' || "bookingReference"),
       id, user_id, "finalAmount", 'succeeded', coalesce("paymentDate", "createdAt"),
       coalesce(nullif(btrim("paymentMethod"), ''), 'card'), 'MIGRATED-' || "bookingReference"
FROM public.bookings
WHERE status IN ('PAID', 'COMPLETED', 'ATTENDED') AND "finalAmount" IS NOT NULL;

\echo activity
INSERT INTO public.user_activity_logs (id, user_id, activity, subject_id, occurred_at)
SELECT uuid_generate_v5(uuid_generate_v5(uuid_ns_url(), 'drover/bookings/activity'), 'booking_created:' || id),
       user_id, 'booking_created', id::text, "createdAt"
FROM public.bookings
WHERE user_id IS NOT NULL
UNION ALL
SELECT uuid_generate_v5(uuid_generate_v5(uuid_ns_url(), 'drover/bookings/activity'), 'payment_completed:' || id),
       user_id, 'payment_completed', id::text, payment_date
FROM public.payments
WHERE user_id IS NOT NULL;

\echo commit
COMMIT;
