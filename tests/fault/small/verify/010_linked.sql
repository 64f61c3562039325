-- Every visit that has a member is linked to somebody who is there.
-- drover: severity=error
SELECT v.id
FROM public.visits v
WHERE v.member_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.members m WHERE m.id = v.member_id)
