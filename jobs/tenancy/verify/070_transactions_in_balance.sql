-- Every transaction stands in the balance of its own user and organization.
-- drover: severity=error
SELECT t.id AS transaction_id, t.legacy_ref, t.user_id, t.credit_balance_id, b.user_id AS user_of_balance
FROM public.credit_transactions t
LEFT JOIN public.credit_balances b ON b.id = t.credit_balance_id
WHERE (b.user_id, b.organization_id) IS DISTINCT FROM (t.user_id, t.organization_id)
