-- One student a person. Of each field the first line that has it counts; what the target has already stays.
WITH persons AS (
  SELECT email,
         first(ref ORDER BY line) AS legacy_ref,
         first(guardian_email ORDER BY line) AS guardian_email,
         min(line) AS line
  FROM student_rows
  GROUP BY email
)
SELECT coalesce(k.id, used.last_id + row_number() OVER (PARTITION BY k.id IS NULL ORDER BY p.line)) AS id,
       o.id AS organization_id, u.user_id, p.email,
       coalesce(k.legacy_ref, p.legacy_ref) AS legacy_ref,
       coalesce(k.guardian_email, p.guardian_email) AS guardian_email,
       coalesce(k.created_at, :now) AS created_at,
       coalesce(k.updated_at, :now) AS updated_at
FROM persons p
CROSS JOIN organization o
JOIN people u ON u.email = p.email
LEFT JOIN known_students k ON k.organization_id = o.id AND k.user_id = u.user_id
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_students) used
