-- Every booking with its user: the one that the target has under that email, else the one that this job makes.
-- drover: ephemeral
SELECT a.*, coalesce(k.id, uuid5('drover/bookings/users', a.email)) AS user_id
FROM addressed a
LEFT JOIN known_users k ON k.email = a.email
