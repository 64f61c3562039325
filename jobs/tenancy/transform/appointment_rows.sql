-- A row a record of appointments.csv, cleaned: blank is absent, times are moments.
WITH cleaned AS (
  SELECT _line AS line,
         nullif(btrim(ref, E' \t\r\n'), '') AS ref,
         nullif(btrim(professional_ref, E' \t\r\n'), '') AS professional_ref,
         nullif(btrim(student_ref, E' \t\r\n'), '') AS student_ref,
         btrim(starts_at, E' \t\r\n') AS time_given,
         nullif(btrim(duration_minutes, E' \t\r\n'), '') AS duration_given,
         coalesce(lower(btrim(status, E' \t\r\n')), '') AS status_given,
         coalesce(lower(btrim(uses_credit, E' \t\r\n')), '') AS credit_given
  FROM appointments_csv
),
checked AS (
  SELECT *,
         -- A time of a day that there is; a day past the month's last would stop the run.
         CASE WHEN time_given ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?( ?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?))?$'
                   AND time_given NOT LIKE '0000%'
              THEN substring(time_given, 9, 2)::integer
                   <= extract(day FROM (left(time_given, 7) || '-01')::date + interval '1 month' - interval '1 day') END AS is_time
  FROM cleaned
)
SELECT c.*, row_number() OVER (PARTITION BY c.ref ORDER BY c.line) AS copy,
       p.professional_id, s.student_id,
       CASE WHEN c.is_time IS NOT TRUE THEN NULL
            WHEN substring(c.time_given, 17) ~ '[Z+-]' THEN c.time_given::timestamptz
            ELSE c.time_given::timestamp AT TIME ZONE :timezone END AS starts_at,
       CASE WHEN c.duration_given IS NULL THEN p.session_duration_minutes
            WHEN c.duration_given ~ '^[0-9]{1,4}$' THEN c.duration_given::integer END AS duration_minutes,
       CASE WHEN c.status_given IN ('', 'scheduled', 'pending') THEN 'scheduled'
            WHEN c.status_given = 'confirmed' THEN 'confirmed'
            WHEN c.status_given IN ('executed', 'completed', 'done') THEN 'executed'
            WHEN c.status_given IN ('cancelled', 'canceled') THEN 'cancelled'
            WHEN c.status_given IN ('no_show', 'no-show', 'no show') THEN 'no_show' END AS status,
       CASE WHEN c.credit_given IN ('', 'false', 'f', 'no', 'n', '0') THEN false
            WHEN c.credit_given IN ('true', 't', 'yes', 'y', '1', 'x', 'si', 'sí') THEN true END AS uses_credit
FROM checked c
LEFT JOIN professional_links p ON p.ref = c.professional_ref
LEFT JOIN student_links s ON s.ref = c.student_ref
