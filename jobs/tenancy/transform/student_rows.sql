-- A row a record of students.csv, cleaned: blank is absent.
WITH cleaned AS (
  SELECT _line AS line,
         nullif(btrim(ref, E' \t\r\n'), '') AS ref,
         lower(nullif(btrim(email, E' \t\r\n'), '')) AS email,
         nullif(btrim(name, E' \t\r\n'), '') AS name,
         nullif(btrim(phone, E' \t\r\n'), '') AS phone,
         lower(nullif(btrim(guardian_email, E' \t\r\n'), '')) AS guardian_email
  FROM students_csv
)
SELECT *, row_number() OVER (PARTITION BY ref ORDER BY line) AS copy
FROM cleaned
