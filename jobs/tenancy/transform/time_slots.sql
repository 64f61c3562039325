-- The slots, and who has them. A slot that is there keeps its appointment, and stays closed if it was.
WITH wanted AS (
  SELECT s.professional_id, s.date, s.start_time, s.end_time,
         k.id AS known_id, k.appointment_id AS known_appointment_id, k.available AS known_available, k.created_at, k.updated_at,
         coalesce(k.appointment_id, t.appointment_id) AS appointment_id,
         coalesce(k.available, true) AND t.professional_id IS NULL AS available
  FROM slots s
  LEFT JOIN taken_slots t ON t.professional_id = s.professional_id AND t.date = s.date AND t.start_time = s.start_time
  LEFT JOIN known_slots k ON k.professional_id = s.professional_id AND k.date = s.date AND k.start_time = s.start_time
)
SELECT coalesce(w.known_id, used.last_id + row_number() OVER (PARTITION BY w.known_id IS NULL
                                                              ORDER BY w.professional_id, w.date, w.start_time)) AS id,
       w.professional_id, o.id AS organization_id, w.appointment_id, w.date, w.start_time, w.end_time, w.available,
       coalesce(w.created_at, :now) AS created_at,
       CASE WHEN w.available IS DISTINCT FROM w.known_available OR w.appointment_id IS DISTINCT FROM w.known_appointment_id
            THEN :now ELSE w.updated_at END AS updated_at
FROM wanted w
CROSS JOIN organization o
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_slots) used
