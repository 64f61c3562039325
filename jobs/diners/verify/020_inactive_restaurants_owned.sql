-- Every inactive restaurant has an owner.
-- drover: severity=warning
SELECT id AS restaurant_id, name
FROM public.restaurants
WHERE NOT is_active AND owner_email IS NULL
