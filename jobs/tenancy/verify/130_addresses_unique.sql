-- No two users of an organization have one address, case and blanks aside: only one of them can be the professional or student.
-- drover: severity=warning
SELECT organization_id, lower(btrim(email, E' \t\r\n')) AS address, count(*) AS users, min(id) AS first_id, max(id) AS last_id
FROM public.users
WHERE btrim(email, E' \t\r\n') <> ''
GROUP BY organization_id, lower(btrim(email, E' \t\r\n'))
HAVING count(*) > 1
