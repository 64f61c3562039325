-- The ranges of those professionals who have no rules yet; who has some keeps them.
SELECT used.last_id + row_number() OVER (ORDER BY r.professional_id, r.day_of_week, r.start_time) AS id,
       r.professional_id, o.id AS organization_id, r.day_of_week, r.start_time, r.end_time,
       :now AS created_at, :now AS updated_at
FROM schedule_ranges r
CROSS JOIN organization o
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_rules) used
WHERE NOT EXISTS (SELECT 1 FROM known_rules k WHERE k.professional_id = r.professional_id)
