-- How many reviews gave how many stars, and how many there are.
SELECT product_id,
       count(*) AS reviews,
       jsonb_build_object('1', count(*) FILTER (WHERE rating = 1), '2', count(*) FILTER (WHERE rating = 2),
                          '3', count(*) FILTER (WHERE rating = 3), '4', count(*) FILTER (WHERE rating = 4),
                          '5', count(*) FILTER (WHERE rating = 5)) AS distribution
FROM reviews
GROUP BY product_id
