-- The profiles as they are to be, beside those that the target has: figures are set, of the preferences there the keys
-- that no customer record has are kept.
-- drover: ephemeral
WITH legacy AS (
  SELECT v.*, coalesce(p.preferences, CASE WHEN v.preferences_given THEN '{}'::jsonb END) AS preferences
  FROM profile_visits v
  LEFT JOIN preferences p ON p.diner_id = v.diner_id AND p.restaurant_id = v.restaurant_id
)
SELECT l.diner_id, l.restaurant_id, l.visit_count, l.last_visit_date, l.total_spent,
       CASE WHEN jsonb_typeof(e.preferences) = 'object' THEN e.preferences || coalesce(l.preferences, '{}'::jsonb)
            ELSE coalesce(l.preferences, e.preferences) END AS preferences,
       least(l.created_at, e.created_at) AS created_at,
       e.visit_count AS visit_count_there, e.last_visit_date AS last_visit_date_there,
       e.total_spent AS total_spent_there, e.preferences AS preferences_there, e.created_at AS created_at_there,
       e.updated_at AS updated_at_there
FROM legacy l
LEFT JOIN existing_profiles e ON e.diner_id = l.diner_id AND e.restaurant_id = l.restaurant_id
