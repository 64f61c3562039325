-- One delivered twice counts once, as it came first.
-- drover: ephemeral
SELECT DISTINCT ON (event_id) * FROM events_told ORDER BY event_id, line
