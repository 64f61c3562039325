-- Every appointment that takes a slot: those that the target has, then those of the sheet, line by line.
-- drover: ephemeral
SELECT k.id AS known_id, k.legacy_ref AS ref, NULL::bigint AS line, k.professional_id, k.starts_at, k.duration_minutes
FROM known_appointments k
CROSS JOIN organization o
WHERE k.organization_id = o.id AND k.status <> 'cancelled'
UNION ALL
SELECT NULL, a.ref, a.line, a.professional_id, a.starts_at, a.duration_minutes
FROM appointment_rows a
CROSS JOIN organization o
LEFT JOIN (SELECT organization_id, legacy_ref FROM known_appointments WHERE legacy_ref IS NOT NULL) k
  ON k.organization_id = o.id AND k.legacy_ref = a.ref
WHERE a.status <> 'cancelled' AND k.legacy_ref IS NULL
