SELECT v.id AS visit_id, m.id AS member_id
FROM visits v
JOIN members m ON m.id = v.person_id
