-- The transactions of the sheet. One whose appointment did not come keeps its ref in metadata.
SELECT coalesce(k.id, used.last_id + row_number() OVER (PARTITION BY k.id IS NULL ORDER BY c.line)) AS id,
       o.id AS organization_id, c.user_id, b.id AS credit_balance_id, a.id AS appointment_id,
       c.amount, c.transaction_type, 'completed' AS status,
       CASE WHEN a.id IS NULL AND c.appointment_ref IS NOT NULL
            THEN jsonb_build_object('appointment_ref', c.appointment_ref) ELSE '{}' END AS metadata,
       c.payment_method,
       CASE WHEN c.transaction_type = 'purchase' THEN c.ref END AS payment_reference,
       p.cents AS price_cents, c.processed_at, c.ref AS legacy_ref,
       coalesce(c.processed_at, :now) AS created_at, :now AS updated_at
FROM credit_rows c
CROSS JOIN organization o
JOIN credit_balances b ON b.user_id = c.user_id
LEFT JOIN appointments a ON a.legacy_ref = c.appointment_ref
LEFT JOIN prices p ON p.sheet = 'credits' AND p.ref = c.ref
LEFT JOIN (SELECT id, organization_id, legacy_ref FROM known_transactions WHERE legacy_ref IS NOT NULL) k
  ON k.organization_id = o.id AND k.legacy_ref = c.ref
CROSS JOIN (SELECT coalesce(max(id), 0) AS last_id FROM known_transactions) used
