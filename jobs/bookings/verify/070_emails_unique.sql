-- No two users have one address, case and blanks aside (the unique index keeps out equal ones).
-- drover: severity=warning
WITH unclean AS MATERIALIZED (
  SELECT id, lower(btrim(email, E' \t\r\n') COLLATE "und-x-icu") AS address
  FROM public.users
  WHERE email <> btrim(email, E' \t\r\n')
     OR octet_length(email) = length(email) AND email <> lower(email COLLATE "C")
     OR octet_length(email) <> length(email) AND email <> lower(email COLLATE "und-x-icu")
)
SELECT c.address, c.id, o.id AS other_id
FROM unclean c
JOIN public.users o ON o.email = c.address COLLATE "C" AND o.id <> c.id
UNION ALL
SELECT c.address, c.id, o.id
FROM unclean c
JOIN unclean o ON o.address = c.address AND o.id > c.id
