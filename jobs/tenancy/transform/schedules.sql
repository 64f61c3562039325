-- The weekly schedules that can be read.
SELECT ref, email, line, weekly_schedule::jsonb AS schedule
FROM professional_rows
WHERE weekly_schedule IS NOT NULL
