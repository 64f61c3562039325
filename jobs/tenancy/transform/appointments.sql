-- The appointments of the sheet; one that came later to a slot is rejected.
SELECT coalesce(k.id, used.last_id + row_number() OVER (PARTITION BY k.id IS NULL ORDER BY a.line)) AS id,
       o.id AS organization_id, a.professional_id, a.student_id, a.starts_at, a.duration_minutes, a.status, a.uses_credit,
       a.ref AS legacy_ref, :now AS created_at, :now AS updated_at,
       c.place
FROM appointment_rows a
CROSS JOIN organization o
LEFT JOIN (SELECT id, organization_id, legacy_ref FROM known_appointments WHERE legacy_ref IS NOT NULL) k
  ON k.organization_id = o.id AND k.legacy_ref = a.ref
LEFT JOIN (SELECT ref, place FROM claimed_slots WHERE known_id IS NULL) c ON c.ref = a.ref
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_appointments) used
