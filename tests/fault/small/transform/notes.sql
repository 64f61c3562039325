SELECT v.id AS visit_id, p.name || ': ' || v.note AS note
FROM visits v
JOIN people p ON p.id = v.person_id
