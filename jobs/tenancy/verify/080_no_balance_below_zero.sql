-- Nobody has used more credits than there were.
-- drover: severity=error
SELECT b.organization_id, b.user_id, u.email, b.balance, b.lifetime_purchased, b.lifetime_used
FROM public.credit_balances b
LEFT JOIN public.users u ON u.id = b.user_id
WHERE b.balance < 0
