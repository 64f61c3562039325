-- Every customer with its diner: the one that the target has under that address, else the one that this job makes.
-- drover: ephemeral
SELECT a.*, coalesce(k.id, d.id) AS diner_id
FROM addressed a
LEFT JOIN known_diners k ON k.email = a.email_key
LEFT JOIN diners d ON d.email = a.email_key
