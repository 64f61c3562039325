-- Every balance is the sum of its transactions, and every user with transactions has one.
-- drover: severity=error
SELECT coalesce(b.organization_id, s.organization_id) AS organization_id, coalesce(b.user_id, s.user_id) AS user_id,
       b.balance, s.balance AS balance_found, b.lifetime_purchased, s.purchased AS purchased_found, b.lifetime_used, s.used AS used_found
FROM public.credit_balances b
FULL JOIN (SELECT organization_id, user_id, sum(amount) AS balance, sum(greatest(amount, 0)) AS purchased, sum(greatest(-amount, 0)) AS used
           FROM public.credit_transactions GROUP BY organization_id, user_id) s
  ON s.organization_id = b.organization_id AND s.user_id = b.user_id
WHERE (b.balance, b.lifetime_purchased, b.lifetime_used)
      IS DISTINCT FROM (coalesce(s.balance, 0), coalesce(s.purchased, 0), coalesce(s.used, 0))
