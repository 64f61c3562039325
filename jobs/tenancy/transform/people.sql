-- One person an address. Of each field the first line that has it counts, professionals.csv before students.csv. The person
-- is the user who has the address (the smallest id, where several do), else a new one. A thousand ids are left free for those
-- who sign up while the run goes on.
WITH listed AS (
  SELECT email, name, NULL::text AS phone, 1 AS sheet, line FROM professional_rows
  UNION ALL
  SELECT email, name, phone, 2, line FROM student_rows
),
persons AS (
  SELECT email,
         first(name ORDER BY sheet, line) AS name,
         first(phone ORDER BY sheet, line) AS phone,
         min(sheet) AS sheet,
         first(line ORDER BY sheet, line) AS line
  FROM listed
  GROUP BY email
),
addresses AS (
  SELECT lower(btrim(email, E' \t\r\n')) AS email, min(id) AS id
  FROM members
  GROUP BY lower(btrim(email, E' \t\r\n'))
)
SELECT p.email, p.name, p.phone,
       CASE p.sheet WHEN 1 THEN 'professional' ELSE 'student' END AS role,
       coalesce(a.id, used.last_id + row_number() OVER (PARTITION BY a.id IS NULL ORDER BY p.sheet, p.line)) AS user_id,
       a.id IS NULL AS is_new
FROM persons p
LEFT JOIN addresses a ON a.email = p.email
CROSS JOIN (SELECT coalesce(max(id) + 1000, 0) AS last_id
            FROM (SELECT id FROM known_users UNION ALL SELECT id FROM brought_users) ids) used
