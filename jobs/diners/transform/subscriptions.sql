-- A subscription for every active restaurant that has none; billing falls to the owner, where there is one.
SELECT (SELECT coalesce(max(id), 0) FROM existing_subscriptions) + row_number() OVER (ORDER BY r.id) AS id,
       r.id AS restaurant_id,
       'PROFESSIONAL'::text AS plan,
       'ACTIVE'::text AS status,
       :now AS current_period_start,
       :now + interval '30 days' AS current_period_end,
       NULL::timestamptz AS trial_ends_at,
       20 AS seats,
       o.email AS billing_email,
       o.name AS billing_name,
       :now AS created_at,
       :now AS updated_at
FROM restaurants r
LEFT JOIN owners o ON o.restaurant_id = r.id
WHERE r.is_active AND NOT EXISTS (SELECT 1 FROM existing_subscriptions e WHERE e.restaurant_id = r.id)
