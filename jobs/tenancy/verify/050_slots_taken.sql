-- A slot that an appointment has is not on offer, and is the appointment's professional's.
-- drover: severity=error
SELECT s.id AS slot_id, s.date, s.start_time, s.available, a.id AS appointment_id, a.status
FROM public.time_slots s
JOIN public.appointments a ON a.id = s.appointment_id
WHERE s.available OR a.professional_id <> s.professional_id
