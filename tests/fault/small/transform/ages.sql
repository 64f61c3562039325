SELECT age, count(*) AS people, max(name) AS last_name
FROM people
WHERE age IS NOT NULL
GROUP BY age
