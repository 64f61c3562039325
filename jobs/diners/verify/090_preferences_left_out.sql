-- Every customer's preferences are an object; others are in no profile.
-- drover: severity=warning
SELECT id AS customer_id, restaurant_id, jsonb_typeof(preferences) AS kind
FROM public.customers
WHERE jsonb_typeof(preferences) <> 'object'
