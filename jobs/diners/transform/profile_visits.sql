-- One row a diner and restaurant, also where a restaurant had the same person twice.
-- drover: ephemeral
SELECT l.diner_id,
       l.restaurant_id,
       coalesce(sum(v.visits), 0)::int AS visit_count,
       max(v.last_visit) AS last_visit_date,
       coalesce(sum(v.spent), 0)::numeric(12,2) AS total_spent,
       coalesce(bool_or(jsonb_typeof(l.preferences) = 'object'), false) AS preferences_given,
       min(l.created_at) AS created_at
FROM linked_customers l
LEFT JOIN visits v ON v.customer_id = l.id
WHERE l.diner_id IS NOT NULL
GROUP BY l.diner_id, l.restaurant_id
