-- drover: phase=expand
-- What signing in by password needs, and what a user is within the organization.
-- A column that is there already is kept. Harmless when run twice.
DO $step$
DECLARE
  lacking record;
BEGIN
  FOR lacking IN
    SELECT relation, name, definition
    FROM (VALUES
      ('users', 'encrypted_password',     'text NOT NULL DEFAULT '''''),
      ('users', 'reset_password_token',   'text'),
      ('users', 'reset_password_sent_at', 'timestamptz'),
      ('users', 'remember_created_at',    'timestamptz'),
      ('users', 'role',                   'text NOT NULL DEFAULT ''member'' CONSTRAINT chk_users_role CHECK (role IN (''member'', ''student'', ''professional'', ''admin''))')
    ) AS wanted(relation, name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = to_regclass('public.' || relation) AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD COLUMN %I %s', lacking.relation, lacking.name, lacking.definition);
    EXECUTE format('COMMENT ON COLUMN public.%I.%I IS %L', lacking.relation, lacking.name, '(made by drover: tenancy, 050)');
  END LOOP;
END
$step$;
