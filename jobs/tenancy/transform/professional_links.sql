-- The crosswalk: which professional a ref of professionals.csv is.
SELECT r.ref, p.id AS professional_id, p.session_duration_minutes
FROM professional_rows r
JOIN professionals p ON p.email = r.email
