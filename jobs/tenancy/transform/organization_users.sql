-- Every user of the organization as the target is to have it. A field that is not empty stays; first and last name come
-- from the name, which is cut at its last space.
-- drover: ephemeral
WITH everybody AS (
  SELECT m.id, m.legacy_id, m.in_target, m.email,
         CASE WHEN btrim(coalesce(m.name, ''), E' \t\r\n') = '' THEN coalesce(p.name, m.name) ELSE m.name END AS name,
         m.image, m.username, m.uid, m.created_at, m.updated_at, m.first_name, m.last_name,
         coalesce(m.phone, p.phone) AS phone,
         CASE WHEN p.role = 'professional' AND coalesce(m.role, 'member') IN ('member', 'student') THEN 'professional'
              WHEN p.role = 'student' AND coalesce(m.role, 'member') = 'member' THEN 'student'
              ELSE coalesce(m.role, 'member') END AS role,
         m.jti
  FROM members m
  LEFT JOIN people p ON p.user_id = m.id
  UNION ALL
  SELECT user_id, NULL, false, email, name, NULL, NULL, NULL, :now AT TIME ZONE 'UTC', :now AT TIME ZONE 'UTC', NULL, NULL,
         phone, role, NULL
  FROM people
  WHERE is_new
),
split AS (
  SELECT *,
         nullif(btrim(name, E' \t\r\n'), '') AS full_name,
         CASE WHEN btrim(name, E' \t\r\n') LIKE '% %' THEN split_part(btrim(name, E' \t\r\n'), ' ', -1) END AS family_name
  FROM everybody
)
SELECT s.id, o.id AS organization_id, s.legacy_id, s.in_target, s.email, s.name, s.image, s.username, s.uid,
       s.created_at, s.updated_at,
       CASE WHEN coalesce(s.first_name, s.last_name) IS NOT NULL THEN s.first_name
            ELSE rtrim(left(s.full_name, length(s.full_name) - coalesce(length(s.family_name), 0))) END AS first_name,
       CASE WHEN coalesce(s.first_name, s.last_name) IS NOT NULL THEN s.last_name ELSE s.family_name END AS last_name,
       s.phone, s.role,
       coalesce(s.jti, uuid5('drover/tenancy/jti', s.id::text)::text) AS jti
FROM split s
CROSS JOIN organization o
