-- The preferences of a diner at a restaurant: objects merged key by key, the newer record wins; what is no object is
-- left out.
SELECT l.diner_id, l.restaurant_id, jsonb_object_agg(p.key, p.value ORDER BY l.created_at, l.id) AS preferences
FROM linked_customers l,
     jsonb_each(CASE WHEN jsonb_typeof(l.preferences) = 'object' THEN l.preferences END) AS p(key, value)
WHERE l.diner_id IS NOT NULL
GROUP BY l.diner_id, l.restaurant_id
