-- Every slot of the next days, on the zone's own clock: sessions one after the other from the moment at which the range
-- begins to the one at which it ends. A slot is known by its local time, so where the clocks show that twice there is one:
-- the later, as everybody reads it.
-- drover: ephemeral, many
WITH days AS (
  SELECT s.professional_id, s.session, s.step, o.today + d.n AS date,
         (o.today + d.n + s.start_time) AT TIME ZONE :timezone AS opens,
         (o.today + d.n + s.end_time) AT TIME ZONE :timezone AS closes
  FROM sessions s
  CROSS JOIN organization o
  CROSS JOIN generate_series(0, :horizon_days - 1) AS d(n)
  WHERE s.day_of_week = extract(dow FROM o.today + d.n)
),
begun AS (
  SELECT d.professional_id, d.date, d.opens + interval '1 minute' * (d.step * k.n) AS begins,
         d.opens + interval '1 minute' * (d.step * k.n + d.session) AS ends
  FROM days d
  CROSS JOIN generate_series(0, floor((extract(epoch FROM d.closes) - extract(epoch FROM d.opens) - d.session * 60)
                                      / (d.step * 60))::integer) AS k(n)
),
shown AS (
  SELECT *, (begins AT TIME ZONE :timezone)::time AS start_time,
         CASE WHEN ends AT TIME ZONE :timezone = date + 1 THEN time '24:00' ELSE (ends AT TIME ZONE :timezone)::time END AS end_time
  FROM begun
  WHERE begins >= :now
    AND (begins AT TIME ZONE :timezone)::date = date
    AND begins AT TIME ZONE :timezone AT TIME ZONE :timezone = begins
)
SELECT professional_id, date, begins, ends, start_time, end_time
FROM shown
WHERE end_time > start_time
