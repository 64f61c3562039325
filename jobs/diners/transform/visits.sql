-- What each customer's reservations amount to.
SELECT customer_id, count(*) AS visits, max(date) AS last_visit, sum(total_amount) AS spent
FROM reservations
WHERE customer_id IS NOT NULL
GROUP BY customer_id
