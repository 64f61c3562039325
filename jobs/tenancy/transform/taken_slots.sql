-- The slots that appointments overlap, and the appointment whose slot it is.
-- drover: many
WITH kept AS (
  SELECT coalesce(c.known_id, a.id) AS appointment_id, c.professional_id, c.starts_at, c.slot,
         c.starts_at + interval '1 minute' * c.duration_minutes AS ends_at
  FROM claimed_slots c
  LEFT JOIN appointments a ON a.legacy_ref = c.ref
  WHERE coalesce(c.known_id, a.id) IS NOT NULL AND c.place = 1
),
dates AS (
  SELECT k.*, (k.starts_at AT TIME ZONE :timezone)::date + d.n AS date
  FROM kept k
  CROSS JOIN generate_series(0, (k.ends_at AT TIME ZONE :timezone)::date - (k.starts_at AT TIME ZONE :timezone)::date) AS d(n)
  WHERE k.ends_at > :now
)
SELECT s.professional_id, s.date, s.start_time,
       min(d.appointment_id) FILTER (WHERE d.slot = s.begins) AS appointment_id
FROM dates d
JOIN slots s ON s.professional_id = d.professional_id AND s.date = d.date
            AND d.starts_at < s.ends AND s.begins < d.ends_at
GROUP BY s.professional_id, s.date, s.start_time
