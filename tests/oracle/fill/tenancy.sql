-- Schema expected into the tenancy job's tables, as a migration in plain SQL would move it. psql variables:
-- organization_name, organization_subdomain, timezone, now.
ANALYZE expected.users, expected.people, expected.user_roles, expected.professionals, expected.students,
        expected.availability_rules, expected.appointments, expected.time_slots, expected.credit_balances,
        expected.credit_transactions;

INSERT INTO public.organizations (name, subdomain, timezone, created_at, updated_at)
VALUES (:'organization_name', :'organization_subdomain', :'timezone', :'now', :'now')
RETURNING id AS organization \gset
INSERT INTO public.roles (organization_id, name, created_at, updated_at)
VALUES (:organization, 'admin', :'now', :'now'), (:organization, 'professional', :'now', :'now'),
       (:organization, 'student', :'now', :'now');

-- MyHub's own rows belong to the organization now; the people whom it did not know join its users.
UPDATE public.users u
SET organization_id = :organization, name = e.name, first_name = e.first_name, last_name = e.last_name, phone = e.phone,
    role = e.role, jti = gen_random_uuid()
FROM expected.users e
WHERE e.legacy_id = u.id;
INSERT INTO public.users (id, organization_id, email, name, image, username, uid, first_name, last_name, phone, role,
                          created_at, updated_at)
SELECT used.last_id + row_number() OVER (ORDER BY e.email), :organization, e.email, e.name, e.image, e.username, e.uid,
       e.first_name, e.last_name, e.phone, e.role, e.created_at, e.updated_at
FROM expected.users e
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM public.users) used
WHERE e.legacy_id IS NULL;
UPDATE public.posts SET organization_id = :organization;
UPDATE public.likes SET organization_id = :organization;

-- Which user an address is: the smallest id, where several have it.
CREATE TEMP TABLE person AS
SELECT p.email, min(u.id) AS user_id
FROM expected.people p
JOIN public.users u ON lower(btrim(u.email, E' \t\r\n')) = p.email
GROUP BY p.email;
ANALYZE person;

INSERT INTO public.user_roles (organization_id, user_id, role_id, created_at, updated_at)
SELECT :organization, p.user_id, r.id, :'now', :'now'
FROM expected.user_roles e
JOIN person p USING (email)
JOIN public.roles r ON r.organization_id = :organization AND r.name = e.role;

INSERT INTO public.professionals (organization_id, user_id, legacy_ref, title, specialization, license_number,
                                  session_price_cents, currency, weekly_schedule, created_at, updated_at)
SELECT :organization, p.user_id, e.ref, e.title, e.specialization, e.license_number,
       e.session_price_cents, e.currency, e.weekly_schedule, :'now', :'now'
FROM expected.professionals e
JOIN person p USING (email);

INSERT INTO public.students (organization_id, user_id, legacy_ref, guardian_email, created_at, updated_at)
SELECT :organization, p.user_id, e.ref, e.guardian_email, :'now', :'now'
FROM expected.students e
JOIN person p USING (email);

CREATE TEMP TABLE professional AS
SELECT p.email, r.id FROM public.professionals r JOIN person p USING (user_id);
CREATE TEMP TABLE student AS
SELECT p.email, s.id FROM public.students s JOIN person p USING (user_id);
ANALYZE professional, student;

INSERT INTO public.availability_rules (organization_id, professional_id, day_of_week, start_time, end_time, created_at, updated_at)
SELECT :organization, p.id, e.day_of_week, e.start_time, e.end_time, :'now', :'now'
FROM expected.availability_rules e
JOIN professional p USING (email);

INSERT INTO public.appointments (organization_id, professional_id, student_id, starts_at, duration_minutes, status,
                                 uses_credit, legacy_ref, created_at, updated_at)
SELECT :organization, p.id, s.id, e.starts_at, e.duration_minutes, e.status, e.uses_credit, e.ref, :'now', :'now'
FROM expected.appointments e
JOIN professional p ON p.email = e.professional
JOIN student s ON s.email = e.student;
ANALYZE public.appointments;

INSERT INTO public.time_slots (organization_id, professional_id, appointment_id, date, start_time, end_time, available,
                               created_at, updated_at)
SELECT :organization, p.id, NULL::bigint, e.date, e.start_time, e.end_time, e.available, :'now'::timestamptz, :'now'::timestamptz
FROM expected.time_slots e
JOIN professional p ON p.email = e.professional
WHERE e.appointment IS NULL
UNION ALL
SELECT :organization, a.professional_id, a.id, e.date, e.start_time, e.end_time, e.available, :'now'::timestamptz, :'now'::timestamptz
FROM expected.time_slots e
JOIN public.appointments a ON a.legacy_ref = e.appointment;

INSERT INTO public.credit_balances (organization_id, user_id, balance, lifetime_purchased, lifetime_used, created_at, updated_at)
SELECT :organization, p.user_id, e.balance, e.lifetime_purchased, e.lifetime_used, :'now', :'now'
FROM expected.credit_balances e
JOIN person p ON p.email = e.student;
ANALYZE public.credit_balances;

INSERT INTO public.credit_transactions (organization_id, user_id, credit_balance_id, appointment_id, amount, transaction_type,
                                        status, metadata, payment_method, payment_reference, price_cents, processed_at,
                                        legacy_ref, created_at, updated_at)
WITH known AS (
  SELECT e.ref, a.id FROM expected.credit_transactions e JOIN public.appointments a ON a.legacy_ref = e.appointment)
SELECT :organization, p.user_id, b.id, k.id, e.amount, e.transaction_type,
       e.status, e.metadata, e.payment_method, e.payment_reference, e.price_cents, e.processed_at,
       e.ref, coalesce(e.processed_at, :'now'), :'now'
FROM expected.credit_transactions e
JOIN person p ON p.email = e.student
JOIN public.credit_balances b ON b.user_id = p.user_id
LEFT JOIN known k ON k.ref = e.ref;

ANALYZE public.organizations, public.roles, public.users, public.posts, public.likes, public.user_roles, public.professionals,
        public.students, public.availability_rules, public.time_slots, public.credit_transactions;
