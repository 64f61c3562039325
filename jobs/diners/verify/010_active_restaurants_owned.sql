-- Every active restaurant has an owner.
-- drover: severity=error
SELECT id AS restaurant_id, name
FROM public.restaurants
WHERE is_active AND owner_email IS NULL
