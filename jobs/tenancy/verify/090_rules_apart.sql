-- No two active ranges of a professional's weekday overlap.
-- drover: severity=error
SELECT a.professional_id, a.day_of_week, a.start_time, a.end_time, b.start_time AS other_start_time, b.end_time AS other_end_time
FROM public.availability_rules a
JOIN public.availability_rules b ON b.professional_id = a.professional_id AND b.day_of_week = a.day_of_week AND b.id <> a.id
WHERE a.active AND b.active AND b.start_time < a.end_time AND b.end_time > a.start_time AND (b.start_time, b.id) > (a.start_time, a.id)
