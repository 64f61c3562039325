-- Every profile's visits and money are those of the reservations.
-- drover: severity=error
-- OFFSET 0 keeps the join of the smaller tables together, and the rows come sorted: both spare a quarter of the time.
WITH visits AS (
  SELECT l.diner_id, l.restaurant_id, v.id, v.date, v.total_amount
  FROM (SELECT c.id, x.diner_id, c.restaurant_id
        FROM public.customer_diners x
        JOIN public.customers c ON c.id = x.customer_id
        OFFSET 0) l
  LEFT JOIN public.reservations v ON v.customer_id = l.id
  ORDER BY l.diner_id, l.restaurant_id
), found AS (
  SELECT diner_id, restaurant_id, count(id) AS visits, max(date) AS last_visit, coalesce(sum(total_amount), 0) AS spent
  FROM visits
  GROUP BY diner_id, restaurant_id
)
SELECT f.diner_id, f.restaurant_id, p.visit_count, f.visits AS visits_found, p.total_spent, f.spent AS spent_found,
       p.last_visit_date, f.last_visit AS last_visit_found
FROM found f
LEFT JOIN public.diner_restaurant_profiles p ON p.diner_id = f.diner_id AND p.restaurant_id = f.restaurant_id
WHERE p.visit_count IS DISTINCT FROM f.visits OR p.total_spent IS DISTINCT FROM f.spent
   OR p.last_visit_date IS DISTINCT FROM f.last_visit
