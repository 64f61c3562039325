-- One row a range of a schedule; day 0 is Sunday. A day without ranges may be null; what is no list counts as one range.
WITH days AS (
  SELECT p.id AS professional_id, d.key AS day_name,
         array_position(ARRAY['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'], lower(btrim(d.key))) - 1 AS day_of_week,
         CASE jsonb_typeof(d.value) WHEN 'array' THEN d.value WHEN 'null' THEN '[]' ELSE jsonb_build_array(d.value) END AS ranges
  FROM professionals p
  CROSS JOIN jsonb_each(p.weekly_schedule) AS d(key, value)
),
pairs AS (
  SELECT d.professional_id, d.day_name, d.day_of_week, r.place, r.pair,
         CASE WHEN jsonb_typeof(r.pair) = 'array' AND jsonb_typeof(r.pair -> 0) = 'string' AND jsonb_typeof(r.pair -> 1) = 'string'
                   AND r.pair -> 2 IS NULL
              THEN r.pair ->> 0 END AS begins,
         r.pair ->> 1 AS ends
  FROM days d
  CROSS JOIN jsonb_array_elements(d.ranges) WITH ORDINALITY AS r(pair, place)
),
times AS (
  SELECT *,
         CASE WHEN day_of_week IS NOT NULL AND begins ~ '^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$'
                   AND ends ~ '^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$'
              THEN begins::time END AS start_time,
         CASE WHEN begins IS NOT NULL AND ends ~ '^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$' THEN ends::time END AS end_time
  FROM pairs
),
reached AS (
  SELECT *,
         max(CASE WHEN start_time < end_time THEN end_time END)
           OVER (PARTITION BY professional_id, day_of_week ORDER BY start_time, end_time, day_name, place ROWS UNBOUNDED PRECEDING) AS until
  FROM times
)
SELECT professional_id, day_name, pair, day_of_week, start_time, end_time,
       lag(until) OVER (PARTITION BY professional_id, day_of_week ORDER BY start_time, end_time, day_name, place) AS earlier_until
FROM reached
