-- Every active restaurant has one active subscription.
-- drover: severity=error
SELECT r.id AS restaurant_id, r.name, count(s.restaurant_id) AS active_subscriptions
FROM public.restaurants r
LEFT JOIN public.subscriptions s ON s.restaurant_id = r.id AND s.status = 'ACTIVE'
WHERE r.is_active
GROUP BY r.id, r.name
HAVING count(s.restaurant_id) <> 1
