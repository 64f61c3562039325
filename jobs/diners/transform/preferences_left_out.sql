-- Preferences that are no object, to be counted and looked at: no profile holds them.
SELECT id AS customer_id, restaurant_id, preferences
FROM customers
WHERE jsonb_typeof(preferences) <> 'object'
