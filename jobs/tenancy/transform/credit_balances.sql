-- One balance a user: the sum of what the target has of the user's transactions, and of those that come now.
WITH movements AS (
  SELECT k.user_id, k.amount
  FROM known_transactions k
  CROSS JOIN organization o
  WHERE k.organization_id = o.id
  UNION ALL
  SELECT c.user_id, c.amount
  FROM credit_rows c
  CROSS JOIN organization o
  LEFT JOIN (SELECT organization_id, legacy_ref FROM known_transactions WHERE legacy_ref IS NOT NULL) k
    ON k.organization_id = o.id AND k.legacy_ref = c.ref
  WHERE k.legacy_ref IS NULL
),
sums AS (
  SELECT user_id, sum(amount) AS balance,
         coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS lifetime_purchased,
         coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS lifetime_used
  FROM movements
  GROUP BY user_id
)
SELECT coalesce(k.id, used.last_id + row_number() OVER (PARTITION BY k.id IS NULL ORDER BY s.user_id)) AS id,
       o.id AS organization_id, s.user_id, s.balance, s.lifetime_purchased, s.lifetime_used,
       coalesce(k.created_at, :now) AS created_at,
       CASE WHEN k.balance = s.balance AND k.lifetime_purchased = s.lifetime_purchased AND k.lifetime_used = s.lifetime_used
            THEN k.updated_at ELSE :now END AS updated_at
FROM sums s
CROSS JOIN organization o
LEFT JOIN known_balances k ON k.organization_id = o.id AND k.user_id = s.user_id
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_balances) used
