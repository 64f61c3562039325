-- The profiles to load; one that is there and does not change keeps its updated_at, so that nothing of it is written.
SELECT diner_id, restaurant_id, visit_count, last_visit_date, total_spent, preferences, created_at,
       CASE WHEN visit_count = visit_count_there AND total_spent = total_spent_there
             AND last_visit_date IS NOT DISTINCT FROM last_visit_date_there
             AND preferences IS NOT DISTINCT FROM preferences_there AND created_at = created_at_there
            THEN updated_at_there
            ELSE :now END AS updated_at
FROM wanted_profiles
