-- No two appointments of a professional overlap from now on. They may where one runs past its slot; somebody has to move it.
-- drover: severity=warning
WITH booked AS (
  SELECT id, professional_id, legacy_ref, starts_at, starts_at + make_interval(mins => duration_minutes) AS ends_at
  FROM public.appointments
  WHERE status NOT IN ('cancelled', 'no_show') AND starts_at >= :'now'::timestamptz
)
SELECT a.professional_id, a.legacy_ref, a.starts_at, a.ends_at, b.legacy_ref AS other_ref, b.starts_at AS other_starts_at
FROM booked a
JOIN booked b ON b.professional_id = a.professional_id AND (b.starts_at, b.id) > (a.starts_at, a.id) AND b.starts_at < a.ends_at
