-- drover: phase=index
-- Every foreign key, not yet validated: that takes a moment, and new rows are checked from here on. None cascades.
-- A column that refers to the same table already is left as it is.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('users',               'organization_id',   'organizations'),
      ('posts',               'organization_id',   'organizations'),
      ('likes',               'organization_id',   'organizations'),
      ('likes',               'user_id',           'users'),
      ('likes',               'post_id',           'posts'),
      ('students',            'organization_id',   'organizations'),
      ('students',            'user_id',           'users'),
      ('professionals',       'organization_id',   'organizations'),
      ('professionals',       'user_id',           'users'),
      ('appointments',        'organization_id',   'organizations'),
      ('appointments',        'professional_id',   'professionals'),
      ('appointments',        'student_id',        'students'),
      ('roles',               'organization_id',   'organizations'),
      ('user_roles',          'organization_id',   'organizations'),
      ('user_roles',          'user_id',           'users'),
      ('user_roles',          'role_id',           'roles'),
      ('credit_balances',     'organization_id',   'organizations'),
      ('credit_balances',     'user_id',           'users'),
      ('credit_transactions', 'organization_id',   'organizations'),
      ('credit_transactions', 'user_id',           'users'),
      ('credit_transactions', 'credit_balance_id', 'credit_balances'),
      ('credit_transactions', 'appointment_id',    'appointments'),
      ('availability_rules',  'organization_id',   'organizations'),
      ('availability_rules',  'professional_id',   'professionals'),
      ('time_slots',          'organization_id',   'organizations'),
      ('time_slots',          'professional_id',   'professionals'),
      ('time_slots',          'appointment_id',    'appointments')
    ) AS v(relation, key, refers_to)
    WHERE NOT EXISTS (SELECT
                      FROM pg_constraint f
                      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
                      WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND a.attname = key
                        AND f.conrelid = to_regclass('public.' || relation)
                        AND f.confrelid = to_regclass('public.' || refers_to))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES public.%I (id) NOT VALID',
                   wanted.relation, wanted.relation || '_' || wanted.key || '_fkey', wanted.key, wanted.refers_to);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L',
                   wanted.relation || '_' || wanted.key || '_fkey', wanted.relation, '(made by drover: tenancy)');
  END LOOP;
END
$step$;
