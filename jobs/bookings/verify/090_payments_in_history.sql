-- Every payment of a user that came in is in the user's history.
-- drover: severity=error
SELECT p.id AS payment_id, p.user_id, p.payment_reference
FROM public.payments p
WHERE p.status = 'succeeded' AND p.user_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM public.user_activity_logs a
                  WHERE a.activity = 'payment_completed' AND a.subject_id = p.id::text)
