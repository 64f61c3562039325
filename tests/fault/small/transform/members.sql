SELECT id, initcap(name) AS name, lower(email) AS email, now() AS loaded_at
FROM people
