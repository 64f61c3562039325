-- Oracle: what the tenancy job must produce, written as plain SQL over MyHub's tables (schema public) and the four CSV
-- exports as text tables (schema sheet, tests/sheets.sql). psql variables: timezone, horizon_days, now. It fills schema
-- "expected". Rows are named by what the business calls them (an address, a ref), not by ids: those are the target's.
CREATE SCHEMA expected;

-- ---- words -----------------------------------------------------------------------------------------------------------
CREATE FUNCTION expected.given(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT nullif(btrim(t, E' \t\r\n'), '') $$;

-- An address without something@something, or with a space inside, is none.
CREATE FUNCTION expected.address(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT lower(expected.given(t)) WHERE lower(expected.given(t)) LIKE '_%@_%' AND lower(expected.given(t)) NOT LIKE '% %' $$;

-- A price in cents. The mark before the last one or two digits is the decimal one; the digits before it stand together or
-- in groups of three behind one other mark. Anything else is no price: NULL.
CREATE FUNCTION expected.cents(t text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  bare text := regexp_replace(t, U&'[ \0009\000A\000D\00A0\202F''\2019]', '', 'g');
  fraction text := substring(bare FROM '[.,]([0-9]{1,2})$');
  mark text := CASE WHEN fraction IS NOT NULL THEN left(right(bare, length(fraction) + 1), 1) END;
  whole text := CASE WHEN fraction IS NULL THEN bare ELSE left(bare, -length(fraction) - 1) END;
  other text := substring(whole FROM '[.,]');
  sum numeric;
BEGIN
  IF other IS NOT NULL AND (other IS NOT DISTINCT FROM mark
                            OR whole !~ ('^[1-9][0-9]{0,2}(' || '[' || other || '][0-9]{3})+$')) THEN
    RETURN NULL;
  END IF;
  whole := replace(whole, coalesce(other, ''), '');
  IF whole !~ '^[0-9]+$' THEN RETURN NULL; END IF;
  sum := whole::numeric * 100 + rpad(coalesce(fraction, ''), 2, '0')::numeric;
  RETURN CASE WHEN sum <= 2147483647 THEN sum END;
END $$;

-- A moment: local time of the zone, unless it names its own offset. NULL: no such time, or none that can be read.
CREATE FUNCTION expected.moment(t text, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  clock constant text := '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-9]{2}(:[0-5][0-9]([.][0-9]{1,6})?)?';
BEGIN
  RETURN CASE WHEN expected.given(t) ~ (clock || '$') THEN expected.given(t)::timestamp AT TIME ZONE zone
              WHEN expected.given(t) ~ (clock || ' ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$') THEN expected.given(t)::timestamptz END;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

CREATE FUNCTION expected.object(t text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE WHEN jsonb_typeof(t::jsonb) = 'object' THEN t::jsonb END;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

-- ---- people ----------------------------------------------------------------------------------------------------------
-- A row counts if its ref is given, at most 255 characters, on no earlier line, and its address is one.
CREATE TABLE expected.professional_rows AS
SELECT line, expected.given(ref) AS ref, expected.address(email) AS email, expected.given(name) AS name, expected.given(title) AS title,
       expected.given(specialization) AS specialization, expected.given(license_number) AS license_number,
       expected.cents(expected.given(session_price)) AS price, expected.given(currency) AS currency,
       expected.object(expected.given(weekly_schedule)) AS schedule
FROM (SELECT DISTINCT ON (expected.given(ref)) * FROM sheet.professionals ORDER BY expected.given(ref), line) p
WHERE length(expected.given(ref)) <= 255 AND expected.address(email) IS NOT NULL
  AND coalesce(length(expected.given(specialization)), 0) <= 255;

CREATE TABLE expected.student_rows AS
SELECT line, expected.given(ref) AS ref, expected.address(email) AS email, expected.given(name) AS name, expected.given(phone) AS phone,
       lower(expected.given(guardian_email)) AS guardian_email
FROM (SELECT DISTINCT ON (expected.given(ref)) * FROM sheet.students ORDER BY expected.given(ref), line) s
WHERE length(expected.given(ref)) <= 255 AND expected.address(email) IS NOT NULL;
ANALYZE expected.professional_rows, expected.student_rows;

-- One person an address. Of each field the first line that has it counts, professionals.csv before students.csv.
CREATE TABLE expected.people AS
SELECT email, (array_agg(name ORDER BY sheet, line) FILTER (WHERE name IS NOT NULL))[1] AS name,
       (array_agg(phone ORDER BY sheet, line) FILTER (WHERE phone IS NOT NULL))[1] AS phone,
       CASE min(sheet) WHEN 1 THEN 'professional' ELSE 'student' END AS role
FROM (SELECT 1 AS sheet, line, email, name, NULL AS phone FROM expected.professional_rows
      UNION ALL SELECT 2, line, email, name, phone FROM expected.student_rows) rows
GROUP BY email;
ANALYZE expected.people;

-- Everybody of MyHub, and those people who are not there; where two users have one address, the smaller id is the person.
CREATE TABLE expected.users AS
WITH addresses AS (
  SELECT lower(expected.given(email)) AS email, min(id) AS id FROM public.users GROUP BY lower(expected.given(email))),
everybody AS (
  SELECT u.id, u.email, CASE WHEN expected.given(u.name) IS NULL THEN coalesce(p.name, u.name) ELSE u.name END AS name, p.phone, p.role,
         u.image, u.username, u.uid, u.created_at, u.updated_at
  FROM public.users u
  LEFT JOIN addresses a ON a.id = u.id
  LEFT JOIN expected.people p ON p.email = a.email
  UNION ALL
  SELECT NULL, email, name, phone, role, NULL, NULL, NULL, :'now'::timestamptz AT TIME ZONE 'UTC', :'now'::timestamptz AT TIME ZONE 'UTC'
  FROM expected.people p
  WHERE NOT EXISTS (SELECT FROM addresses a WHERE a.email = p.email))
SELECT id AS legacy_id, email, name, image, username, uid, coalesce(role, 'member') AS role, phone,
       coalesce(substring(expected.given(name) FROM '^(.*[^ ]) +[^ ]+$'), expected.given(name)) AS first_name,
       substring(expected.given(name) FROM ' ([^ ]+)$') AS last_name, created_at, updated_at
FROM everybody;

-- MyHub's own, as they are.
CREATE TABLE expected.posts AS
SELECT id AS legacy_id, post_id, hash_id, source, metadata::text AS metadata, filename, created_at, updated_at FROM public.posts;
CREATE TABLE expected.likes AS
SELECT id AS legacy_id, user_id, post_id, created_at, updated_at FROM public.likes;

-- Their roles: one for each sheet that has them.
CREATE TABLE expected.user_roles AS
SELECT email, 'professional' AS role FROM expected.professional_rows
UNION SELECT email, 'student' FROM expected.student_rows;

CREATE TABLE expected.professionals AS
SELECT email, (array_agg(ref ORDER BY line))[1] AS ref,
       (array_agg(title          ORDER BY line) FILTER (WHERE title          IS NOT NULL))[1] AS title,
       (array_agg(specialization ORDER BY line) FILTER (WHERE specialization IS NOT NULL))[1] AS specialization,
       (array_agg(license_number ORDER BY line) FILTER (WHERE license_number IS NOT NULL))[1] AS license_number,
       (array_agg(price          ORDER BY line) FILTER (WHERE price          IS NOT NULL))[1] AS session_price_cents,
       coalesce((array_agg(currency ORDER BY line) FILTER (WHERE currency    IS NOT NULL))[1], 'ARS') AS currency,
       coalesce((array_agg(schedule ORDER BY line) FILTER (WHERE schedule    IS NOT NULL))[1], '{}') AS weekly_schedule
FROM expected.professional_rows GROUP BY email;

CREATE TABLE expected.students AS
SELECT email, (array_agg(ref ORDER BY line))[1] AS ref,
       (array_agg(guardian_email ORDER BY line) FILTER (WHERE guardian_email IS NOT NULL))[1] AS guardian_email
FROM expected.student_rows GROUP BY email;

-- ---- when they can be booked -----------------------------------------------------------------------------------------
CREATE TABLE expected.ranges AS
SELECT p.email, strpos('sun mon tue wed thu fri sat', lower(btrim(day.key))) / 4 AS day_of_week, day.key, range.position,
       (range.pair->>0)::time AS start_time, (range.pair->>1)::time AS end_time
FROM expected.professionals p
CROSS JOIN LATERAL jsonb_each(p.weekly_schedule) AS day(key, list)
CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(day.list) = 'array' THEN day.list ELSE '[]' END)
  WITH ORDINALITY AS range(pair, position)
WHERE lower(btrim(day.key)) IN ('sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat')
  AND jsonb_typeof(range.pair) = 'array' AND jsonb_array_length(range.pair) = 2
  AND jsonb_typeof(range.pair->0) = 'string' AND jsonb_typeof(range.pair->1) = 'string'
  AND range.pair->>0 ~ '^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$' AND range.pair->>1 ~ '^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$';
ANALYZE expected.ranges;

-- A range must run forward, and must not begin before one that begins earlier has ended.
CREATE TABLE expected.availability_rules AS
SELECT email, day_of_week, start_time, end_time
FROM expected.ranges r
WHERE start_time < end_time
  AND NOT EXISTS (SELECT FROM expected.ranges o
                  WHERE o.email = r.email AND o.day_of_week = r.day_of_week AND o.start_time < o.end_time AND o.end_time > r.start_time
                    AND (o.start_time, o.end_time, o.key COLLATE "C", o.position) < (r.start_time, r.end_time, r.key COLLATE "C", r.position));
ANALYZE expected.availability_rules;

-- The moments at which a professional's sessions begin on a day: 60 minutes each and 15 between, from the moment at which
-- the range begins to the one at which it ends. What the clocks skip or repeat shortens or lengthens that by itself.
CREATE FUNCTION expected.sessions(date, time, time, zone text) RETURNS SETOF timestamptz LANGUAGE sql STABLE AS $$
  SELECT generate_series(($1 + $2) AT TIME ZONE zone, ($1 + $3) AT TIME ZONE zone - interval '60 minutes', interval '75 minutes') $$;

-- ---- appointments ----------------------------------------------------------------------------------------------------
CREATE TABLE expected.appointment_rows AS
SELECT a.line, expected.given(a.ref) AS ref, p.email AS professional, s.email AS student,
       expected.moment(a.starts_at, :'timezone') AS starts_at,
       CASE WHEN expected.given(a.duration_minutes) IS NULL THEN 60
            WHEN expected.given(a.duration_minutes) ~ '^[0-9]{1,4}$' THEN expected.given(a.duration_minutes)::int END AS duration_minutes,
       w.status, f.flag AS uses_credit
FROM (SELECT DISTINCT ON (expected.given(ref)) * FROM sheet.appointments ORDER BY expected.given(ref), line) a
JOIN expected.professional_rows p ON p.ref = expected.given(a.professional_ref)
JOIN expected.student_rows s ON s.ref = expected.given(a.student_ref)
JOIN (VALUES ('', 'scheduled'), ('scheduled', 'scheduled'), ('pending', 'scheduled'), ('confirmed', 'confirmed'), ('executed', 'executed'),
             ('completed', 'executed'), ('done', 'executed'), ('cancelled', 'cancelled'), ('canceled', 'cancelled'), ('no_show', 'no_show'),
             ('no-show', 'no_show'), ('no show', 'no_show')) AS w(word, status) ON w.word = lower(coalesce(expected.given(a.status), ''))
JOIN (VALUES ('', false), ('false', false), ('f', false), ('no', false), ('n', false), ('0', false),
             ('true', true), ('t', true), ('yes', true), ('y', true), ('1', true), ('x', true), ('si', true), ('sí', true))
  AS f(word, flag) ON f.word = lower(coalesce(expected.given(a.uses_credit), ''))
WHERE length(expected.given(a.ref)) <= 255;
DELETE FROM expected.appointment_rows WHERE starts_at IS NULL OR duration_minutes IS NULL OR duration_minutes NOT BETWEEN 1 AND 1440;
ANALYZE expected.appointment_rows;

-- Its slot: the first session of the professional's that day that it overlaps, else its own time. Of several on one slot
-- the earliest line keeps it, the others are out. A cancelled appointment takes none.
CREATE TABLE expected.placed AS
WITH met AS (
  SELECT a.line, min(m) AS slot
  FROM expected.appointment_rows a
  JOIN expected.availability_rules r
    ON r.email = a.professional AND r.day_of_week = extract(dow FROM a.starts_at AT TIME ZONE :'timezone')
  CROSS JOIN LATERAL expected.sessions((a.starts_at AT TIME ZONE :'timezone')::date, r.start_time, r.end_time, :'timezone') m
  WHERE m + interval '60 minutes' > a.starts_at AND m < a.starts_at + make_interval(mins => a.duration_minutes)
  GROUP BY a.line)
SELECT a.*, coalesce(met.slot, a.starts_at) AS slot
FROM expected.appointment_rows a
LEFT JOIN met ON met.line = a.line;

CREATE TABLE expected.appointments AS
SELECT ref, professional, student, starts_at, duration_minutes, status, uses_credit, slot
FROM expected.placed
WHERE status = 'cancelled'
UNION ALL
SELECT ref, professional, student, starts_at, duration_minutes, status, uses_credit, slot
FROM (SELECT *, min(line) OVER (PARTITION BY professional, slot) AS first_on_slot,
             min(line) OVER (PARTITION BY professional, starts_at) AS first_at_time
      FROM expected.placed
      WHERE status <> 'cancelled') p
WHERE line = first_on_slot AND line = first_at_time;
ANALYZE expected.appointments;

-- ---- slots -----------------------------------------------------------------------------------------------------------
-- From today on, on the zone's own days, what has not begun. A slot has a name, its local time, so of a time that the clocks
-- show twice there is one: the later, as everybody reads it. It ends later on the clock than it begins.
CREATE TABLE expected.slots AS
SELECT r.email AS professional, d::date AS date, m AS begins, (m AT TIME ZONE :'timezone')::time AS start_time,
       CASE WHEN (m + interval '60 minutes') AT TIME ZONE :'timezone' = d + interval '1 day' THEN '24:00'
            ELSE ((m + interval '60 minutes') AT TIME ZONE :'timezone')::time END AS end_time
FROM expected.availability_rules r
JOIN generate_series((:'now'::timestamptz AT TIME ZONE :'timezone')::date::timestamp,
                     (:'now'::timestamptz AT TIME ZONE :'timezone')::date::timestamp + make_interval(days => :horizon_days - 1),
                     interval '1 day') d ON extract(dow FROM d) = r.day_of_week
CROSS JOIN LATERAL expected.sessions(d::date, r.start_time, r.end_time, :'timezone') m
WHERE m >= :'now'::timestamptz AND (m AT TIME ZONE :'timezone')::date = d AND m AT TIME ZONE :'timezone' AT TIME ZONE :'timezone' = m;
DELETE FROM expected.slots WHERE end_time <= start_time;

ANALYZE expected.slots;

-- A slot is taken by what overlaps it, on any of the days that it touches; it belongs to the appointment whose slot it is.
CREATE TABLE expected.time_slots AS
WITH days AS (
  SELECT a.ref, a.professional, a.slot, a.starts_at, e.ends_at, d::date AS date
  FROM expected.appointments a
  CROSS JOIN LATERAL (SELECT a.starts_at + make_interval(mins => a.duration_minutes) AS ends_at) e
  CROSS JOIN LATERAL generate_series(date_trunc('day', a.starts_at AT TIME ZONE :'timezone'), e.ends_at AT TIME ZONE :'timezone',
                                     interval '1 day') d
  WHERE a.status <> 'cancelled'),
taken AS (
  SELECT s.professional, s.begins, min(a.ref) FILTER (WHERE a.slot = s.begins) AS ref
  FROM expected.slots s
  JOIN days a ON a.professional = s.professional AND a.date = s.date
             AND a.starts_at < s.begins + interval '60 minutes' AND s.begins < a.ends_at
  GROUP BY s.professional, s.begins)
SELECT s.professional, s.date, s.start_time, s.end_time, t.ref AS appointment, t.professional IS NULL AS available
FROM expected.slots s
LEFT JOIN taken t ON t.professional = s.professional AND t.begins = s.begins;

-- ---- credits ---------------------------------------------------------------------------------------------------------
CREATE TABLE expected.credit_rows AS
SELECT expected.given(c.ref) AS ref, expected.given(c.student_ref) AS student_ref, expected.given(c.appointment_ref) AS appointment_ref,
       t.word, t.type, n.amount, expected.given(c.payment_method) AS payment_method, expected.cents(expected.given(c.price)) AS price_cents,
       expected.given(c.paid_at) AS time_given, expected.moment(c.paid_at, :'timezone') AS processed_at
FROM (SELECT DISTINCT ON (expected.given(ref)) * FROM sheet.credits ORDER BY expected.given(ref), line) c
JOIN (VALUES ('purchase', 'purchase'), ('refund', 'cancellation_refund'), ('debit', 'appointment_debit'), ('adjust', 'admin_adjustment'))
  AS t(word, type) ON t.word = lower(expected.given(c.type))
CROSS JOIN LATERAL (SELECT substring(expected.given(c.amount) FROM '^[+-]?[0-9]{1,6}$')::int AS amount) n
WHERE length(expected.given(c.ref)) <= 255 AND (n.amount > 0 OR n.amount < 0 AND t.word IN ('debit', 'adjust'));
ANALYZE expected.credit_rows;

-- Most name no appointment, so those that do are looked up apart.
CREATE TABLE expected.credit_transactions AS
WITH known AS (
  SELECT c.ref, a.ref AS appointment FROM expected.credit_rows c JOIN expected.appointments a ON a.ref = c.appointment_ref)
SELECT c.ref, s.email AS student, k.appointment, CASE WHEN c.word = 'debit' THEN -abs(c.amount) ELSE c.amount END AS amount,
       c.type AS transaction_type, 'completed' AS status,
       CASE WHEN k.appointment IS NULL AND c.appointment_ref IS NOT NULL
            THEN jsonb_build_object('appointment_ref', c.appointment_ref) ELSE '{}' END AS metadata,
       c.payment_method, CASE WHEN c.word = 'purchase' THEN c.ref END AS payment_reference, c.price_cents, c.processed_at
FROM expected.credit_rows c
JOIN expected.student_rows s ON s.ref = c.student_ref
LEFT JOIN known k ON k.ref = c.ref
WHERE c.time_given IS NULL OR c.processed_at IS NOT NULL;

CREATE TABLE expected.credit_balances AS
SELECT student, sum(amount) AS balance, sum(greatest(amount, 0)) AS lifetime_purchased, sum(greatest(-amount, 0)) AS lifetime_used
FROM expected.credit_transactions GROUP BY student;
