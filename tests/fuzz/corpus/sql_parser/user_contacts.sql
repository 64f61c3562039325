-- One user an email. Each contact field: the newest booking that has it wins (created_at, then id).
SELECT email,
       first(first_name   ORDER BY created_at DESC, booking_id DESC) AS first_name,
       first(last_name    ORDER BY created_at DESC, booking_id DESC) AS last_name,
       first(phone        ORDER BY created_at DESC, booking_id DESC) AS phone,
       first(company_name ORDER BY created_at DESC, booking_id DESC) AS company_name,
       count(*)::int AS total_bookings,
       coalesce(sum(amount), 0)::numeric(14,2) AS total_spent,
       min(created_at) AS first_booking_date,
       max(created_at) AS last_booking_date
FROM addressed
GROUP BY email
