-- The users to load: an existing one keeps its id, and its own fields where they are not empty; statistics are set.
SELECT coalesce(k.id, uuid5('drover/bookings/users', u.email)) AS id,
       u.email,
       CASE WHEN k.own THEN coalesce(k.first_name, u.first_name) ELSE u.first_name END AS first_name,
       CASE WHEN k.own THEN coalesce(k.last_name, u.last_name) ELSE u.last_name END AS last_name,
       CASE WHEN k.own THEN coalesce(k.phone, u.phone) ELSE u.phone END AS phone,
       CASE WHEN k.own THEN coalesce(k.company_name, u.company_name) ELSE u.company_name END AS company_name,
       u.total_bookings,
       u.total_spent,
       u.first_booking_date,
       u.last_booking_date,
       u.last_booking_date AS last_activity_date,
       CASE WHEN k.own THEN coalesce(k.created_at, u.first_booking_date) ELSE u.first_booking_date END AS created_at
FROM user_contacts u
LEFT JOIN known_users k ON k.email = u.email
