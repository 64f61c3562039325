-- A row a record of professionals.csv, cleaned: blank is absent.
WITH cleaned AS (
  SELECT _line AS line,
         nullif(btrim(ref, E' \t\r\n'), '') AS ref,
         lower(nullif(btrim(email, E' \t\r\n'), '')) AS email,
         nullif(btrim(name, E' \t\r\n'), '') AS name,
         nullif(btrim(title, E' \t\r\n'), '') AS title,
         nullif(btrim(specialization, E' \t\r\n'), '') AS specialization,
         nullif(btrim(license_number, E' \t\r\n'), '') AS license_number,
         nullif(btrim(session_price, E' \t\r\n'), '') AS session_price,
         nullif(btrim(currency, E' \t\r\n'), '') AS currency,
         nullif(btrim(weekly_schedule, E' \t\r\n'), '') AS weekly_schedule
  FROM professionals_csv
)
SELECT *, row_number() OVER (PARTITION BY ref ORDER BY line) AS copy
FROM cleaned
