-- No professional has two appointments that begin at one time; a cancelled one does not count.
-- drover: severity=error
SELECT a.organization_id, a.professional_id, a.starts_at, count(*) AS appointments, min(a.id) AS first_id, max(a.id) AS last_id
FROM public.appointments a
WHERE a.status <> 'cancelled'
GROUP BY a.organization_id, a.professional_id, a.starts_at
HAVING count(*) > 1
