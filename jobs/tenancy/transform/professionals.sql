-- One professional a person. Of each field the first line that has it counts; what the target has already stays.
WITH listed AS (
  SELECT p.*, c.cents, s.schedule
  FROM professional_rows p
  LEFT JOIN prices c ON c.sheet = 'professionals' AND c.ref = p.ref
  LEFT JOIN schedules s ON s.ref = p.ref
),
persons AS (
  SELECT email,
         first(ref ORDER BY line) AS legacy_ref,
         first(title ORDER BY line) AS title,
         first(specialization ORDER BY line) AS specialization,
         first(license_number ORDER BY line) AS license_number,
         first(cents ORDER BY line) AS session_price_cents,
         first(currency ORDER BY line) AS currency,
         first(schedule ORDER BY line) AS schedule,
         min(line) AS line
  FROM listed
  GROUP BY email
)
SELECT coalesce(k.id, used.last_id + row_number() OVER (PARTITION BY k.id IS NULL ORDER BY p.line)) AS id,
       o.id AS organization_id, u.user_id, p.email,
       coalesce(k.legacy_ref, p.legacy_ref) AS legacy_ref,
       coalesce(k.title, p.title) AS title,
       coalesce(k.specialization, p.specialization) AS specialization,
       coalesce(k.license_number, p.license_number) AS license_number,
       coalesce(k.session_price_cents, p.session_price_cents) AS session_price_cents,
       coalesce(k.currency, p.currency, 'ARS') AS currency,
       coalesce(nullif(k.weekly_schedule, '{}'), p.schedule, '{}') AS weekly_schedule,
       coalesce(k.session_duration_minutes, 60) AS session_duration_minutes,
       coalesce(k.buffer_minutes, 15) AS buffer_minutes,
       coalesce(k.created_at, :now) AS created_at,
       coalesce(k.updated_at, :now) AS updated_at
FROM persons p
CROSS JOIN organization o
JOIN people u ON u.email = p.email
LEFT JOIN known_professionals k ON k.organization_id = o.id AND k.user_id = u.user_id
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_professionals) used
