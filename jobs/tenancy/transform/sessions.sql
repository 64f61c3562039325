-- When a professional's sessions of a weekday begin and how far they lie apart: the rules that are in force.
-- drover: ephemeral
SELECT r.professional_id, r.day_of_week, r.start_time, r.end_time,
       p.session_duration_minutes AS session, p.session_duration_minutes + p.buffer_minutes AS step
FROM (SELECT professional_id, day_of_week, start_time, end_time FROM availability_rules
      UNION ALL
      SELECT professional_id, day_of_week, start_time, end_time FROM known_rules WHERE active) r
JOIN professionals p ON p.id = r.professional_id
