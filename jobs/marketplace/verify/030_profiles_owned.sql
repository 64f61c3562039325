-- Every profile whose supplier is a user is owned by that user; every other one by the user it had.
-- drover: severity=error
SELECT p.id AS supplier_profile_id, p.supplier_id, p.user_id, p.owner_user_id
FROM public.supplier_profiles p
LEFT JOIN public.suppliers s ON s.id = p.supplier_id AND btrim(s.email) <> ''
LEFT JOIN public.users o ON o.id = p.owner_user_id
WHERE CASE WHEN s.id IS NULL THEN p.owner_user_id IS DISTINCT FROM p.user_id
           ELSE lower(btrim(o.email) COLLATE "und-x-icu")
                IS DISTINCT FROM lower(btrim(s.email) COLLATE "und-x-icu") END
