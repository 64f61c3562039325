-- Every supplier with an email is a user, with role supplier (an admin stays admin).
-- drover: severity=error
SELECT s.id AS supplier_id, s.email
FROM public.suppliers s
WHERE btrim(s.email) <> ''
  AND NOT EXISTS (SELECT FROM public.users u
                  WHERE lower(btrim(u.email) COLLATE "und-x-icu") = lower(btrim(s.email) COLLATE "und-x-icu")
                    AND u.role IN ('supplier', 'admin'))
