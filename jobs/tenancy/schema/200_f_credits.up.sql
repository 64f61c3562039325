-- drover: phase=index
-- The indexes of credit_balances and credit_transactions. An index of that name that is there already is kept.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_unique_user_credit_balance',     'credit_balances',     'UNIQUE', '(organization_id, user_id)'),
      ('idx_org_balance_lookup',             'credit_balances',     ''      , '(organization_id, balance)'),
      ('idx_credit_balances_user_id',        'credit_balances',     ''      , '(user_id)'),
      ('idx_credit_trans_org_user_date',     'credit_transactions', ''      , '(organization_id, user_id, created_at)'),
      ('idx_credit_trans_org_status',        'credit_transactions', ''      , '(organization_id, status)'),
      ('idx_credit_trans_payment_ref',       'credit_transactions', ''      , '(payment_reference)'),
      ('idx_credit_trans_org_legacy_ref',    'credit_transactions', 'UNIQUE', '(organization_id, legacy_ref)'),
      ('idx_credit_trans_user_id',           'credit_transactions', ''      , '(user_id)'),
      ('idx_credit_trans_credit_balance_id', 'credit_transactions', ''      , '(credit_balance_id)'),
      ('idx_credit_trans_appointment_id',    'credit_transactions', ''      , '(appointment_id)')
    ) AS v(name, relation, kind, key)
    WHERE to_regclass('public.' || name) IS NULL
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%I %s', wanted.kind, wanted.name, wanted.relation, wanted.key);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, '(made by drover: tenancy)');
  END LOOP;
END
$step$;
