-- drover: phase=index
-- From here on no row comes without its organization (nor a user without jti). Rows that are there are looked at in 340:
-- an unvalidated check takes a moment, SET NOT NULL alone would read the table under a lock that shuts everybody out.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT attrelid::regclass AS relation, relname || '_' || attname || '_given' AS name, attname AS key
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE attrelid = ANY (ARRAY[
      'users', 'posts', 'likes', 'students', 'professionals', 'appointments',
      'roles', 'user_roles', 'credit_balances', 'credit_transactions', 'availability_rules', 'time_slots']::regclass[])
      AND (attname = 'organization_id' OR attname = 'jti' AND relname = 'users') AND NOT attnotnull
  LOOP
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = wanted.relation AND conname = wanted.name) THEN
      EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID', wanted.relation, wanted.name, wanted.key);
      EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', wanted.name, wanted.relation, '(made by drover: tenancy)');
    END IF;
  END LOOP;
END
$step$;
