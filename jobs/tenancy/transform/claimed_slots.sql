-- The slot of each claim: the first session of the professional's that day that it overlaps, else its own time. It is found
-- by counting the sessions that end before it. place 1 has the slot; the others came later, to it or to the same time.
-- drover: many
WITH met AS (
  SELECT c.known_id, c.ref, c.line, c.professional_id, c.starts_at, c.duration_minutes, s.session, s.step,
         ((c.starts_at AT TIME ZONE :timezone)::date + s.start_time) AT TIME ZONE :timezone AS opens,
         ((c.starts_at AT TIME ZONE :timezone)::date + s.end_time) AT TIME ZONE :timezone AS closes
  FROM claims c
  LEFT JOIN sessions s ON s.professional_id = c.professional_id
                      AND s.day_of_week = extract(dow FROM c.starts_at AT TIME ZONE :timezone)
),
counted AS (
  SELECT *,
         opens + interval '1 minute' * step
                 * greatest(floor((extract(epoch FROM starts_at) - extract(epoch FROM opens) - session * 60) / (step * 60)) + 1, 0) AS begins
  FROM met
),
slots AS (
  SELECT known_id, ref, line, professional_id, starts_at, duration_minutes,
         coalesce(min(begins) FILTER (WHERE begins + interval '1 minute' * session <= closes
                                        AND begins < starts_at + interval '1 minute' * duration_minutes),
                  starts_at) AS slot
  FROM counted
  GROUP BY known_id, ref, line, professional_id, starts_at, duration_minutes
)
SELECT *, greatest(row_number() OVER (PARTITION BY professional_id, slot ORDER BY known_id, line),
                   row_number() OVER (PARTITION BY professional_id, starts_at ORDER BY known_id, line)) AS place
FROM slots
