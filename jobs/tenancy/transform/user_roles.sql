-- One row a person and sheet.
WITH listed AS (
  SELECT DISTINCT email, role
  FROM (SELECT email, 'professional' AS role FROM professional_rows
        UNION ALL SELECT email, 'student' FROM student_rows) rows
),
wanted AS (
  SELECT r.organization_id, p.user_id, r.id AS role_id, k.id AS known_id
  FROM listed l
  JOIN people p ON p.email = l.email
  JOIN roles r ON r.name = l.role
  LEFT JOIN known_user_roles k ON k.user_id = p.user_id AND k.role_id = r.id
)
SELECT coalesce(w.known_id, used.last_id + row_number() OVER (PARTITION BY w.known_id IS NULL ORDER BY w.user_id, w.role_id)) AS id,
       w.organization_id, w.user_id, w.role_id, :now AS created_at, :now AS updated_at
FROM wanted w
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_user_roles) used
