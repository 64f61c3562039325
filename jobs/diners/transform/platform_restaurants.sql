-- The restaurants that have an owner, brought onto the platform. One that is there already and does not change keeps its
-- updated_at; one that the platform has given another state (suspended, say) is left alone.
WITH wanted AS (
  SELECT r.id, o.name AS owner_name, o.email AS owner_email, r.phone AS business_phone,
         concat(r.address, ', ', r.city, ', ', r.state, ' ', r."zipCode") AS business_address,
         r.created_at AS verified_at
  FROM restaurants r
  JOIN owners o ON o.restaurant_id = r.id
)
SELECT w.id, 'ACTIVE'::text AS onboarding_status, w.owner_name, w.owner_email, w.business_phone, w.business_address,
       w.verified_at,
       CASE WHEN e.onboarding_status = 'ACTIVE' AND w.owner_name IS NOT DISTINCT FROM e.owner_name
             AND w.owner_email IS NOT DISTINCT FROM e.owner_email
             AND w.business_phone IS NOT DISTINCT FROM e.business_phone
             AND w.business_address IS NOT DISTINCT FROM e.business_address
             AND w.verified_at IS NOT DISTINCT FROM e.verified_at
            THEN e.updated_at
            ELSE :now END AS updated_at
FROM wanted w
LEFT JOIN existing_restaurants e ON e.id = w.id
WHERE coalesce(e.onboarding_status, 'PENDING') IN ('PENDING', 'ACTIVE')
