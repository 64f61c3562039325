-- MyHub's own likes, where it is the target: those that belong to nobody yet.
SELECT h.id, o.id AS organization_id, o.alone AS clear
FROM likes_here h
CROSS JOIN organization o
WHERE h.organization_id IS NULL
