-- The crosswalk: which customer record became which diner.
SELECT id AS customer_id, diner_id
FROM linked_customers
