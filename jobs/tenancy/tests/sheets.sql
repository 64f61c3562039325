-- The four CSV exports as text tables, in the order of their records: what expected.sql reads beside MyHub's tables.
CREATE SCHEMA sheet;
CREATE TABLE sheet.professionals (line bigint GENERATED ALWAYS AS IDENTITY, ref text, email text, name text, title text, specialization text, license_number text, session_price text, currency text, weekly_schedule text);
CREATE TABLE sheet.students (line bigint GENERATED ALWAYS AS IDENTITY, ref text, email text, name text, phone text, guardian_email text);
CREATE TABLE sheet.appointments (line bigint GENERATED ALWAYS AS IDENTITY, ref text, professional_ref text, student_ref text, starts_at text, duration_minutes text, status text, uses_credit text);
CREATE TABLE sheet.credits (line bigint GENERATED ALWAYS AS IDENTITY, ref text, student_ref text, appointment_ref text, type text, amount text, price text, paid_at text, payment_method text);
