-- A row a record of credits.csv, cleaned: blank is absent. A debit goes down, whichever sign the sheet gives it.
WITH cleaned AS (
  SELECT _line AS line,
         nullif(btrim(ref, E' \t\r\n'), '') AS ref,
         nullif(btrim(student_ref, E' \t\r\n'), '') AS student_ref,
         nullif(btrim(appointment_ref, E' \t\r\n'), '') AS appointment_ref,
         lower(nullif(btrim(type, E' \t\r\n'), '')) AS type_given,
         btrim(amount, E' \t\r\n') AS amount_given,
         nullif(btrim(price, E' \t\r\n'), '') AS price,
         nullif(btrim(paid_at, E' \t\r\n'), '') AS time_given,
         nullif(btrim(payment_method, E' \t\r\n'), '') AS payment_method
  FROM credits_csv
),
counted AS (
  SELECT *,
         CASE WHEN amount_given ~ '^[+-]?[0-9]{1,6}$' THEN amount_given::integer END AS amount_read,
         -- A time of a day that there is; a day past the month's last would stop the run.
         CASE WHEN time_given ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?( ?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?))?$'
                   AND time_given NOT LIKE '0000%'
              THEN substring(time_given, 9, 2)::integer
                   <= extract(day FROM (left(time_given, 7) || '-01')::date + interval '1 month' - interval '1 day') END AS is_time
  FROM cleaned
)
SELECT c.*, row_number() OVER (PARTITION BY c.ref ORDER BY c.line) AS copy,
       s.student_id, s.user_id,
       CASE c.type_given WHEN 'purchase' THEN 'purchase' WHEN 'refund' THEN 'cancellation_refund'
                         WHEN 'debit' THEN 'appointment_debit' WHEN 'adjust' THEN 'admin_adjustment' END AS transaction_type,
       CASE WHEN c.type_given = 'debit' THEN -abs(c.amount_read) ELSE c.amount_read END AS amount,
       CASE WHEN c.is_time IS NOT TRUE THEN NULL
            WHEN substring(c.time_given, 17) ~ '[Z+-]' THEN c.time_given::timestamptz
            ELSE c.time_given::timestamp AT TIME ZONE :timezone END AS processed_at
FROM counted c
LEFT JOIN student_links s ON s.ref = c.student_ref
