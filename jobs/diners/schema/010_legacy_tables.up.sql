-- drover: phase=expand
-- The legacy tables, where the target is a database of its own. Their foreign keys follow after the load (200).
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('users', 'Restaurant staff and administrators, as the legacy database has them.',
       'id bigint PRIMARY KEY, email text NOT NULL, name text, password text NOT NULL, role text NOT NULL,
        created_at timestamptz NOT NULL'),
      ('restaurants', 'One row a restaurant.',
       'id bigint PRIMARY KEY, name text NOT NULL, email text, phone text, address text, city text, state text,
        "zipCode" text, is_active boolean NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL'),
      ('restaurant_staff', 'Who works where.',
       'id bigint PRIMARY KEY, restaurant_id bigint NOT NULL, user_id bigint NOT NULL, created_at timestamptz NOT NULL'),
      ('customers', 'Customers as each restaurant knows them, as the legacy database has them.',
       'id bigint PRIMARY KEY, restaurant_id bigint NOT NULL, email text, name text, phone text, password text,
        preferences jsonb, created_at timestamptz NOT NULL'),
      ('reservations', 'One row a reservation.',
       'id bigint PRIMARY KEY, restaurant_id bigint NOT NULL, customer_id bigint, date date NOT NULL,
        status text NOT NULL, total_amount numeric(10,2), created_at timestamptz NOT NULL')
    ) AS v(relation, says, columns)
    WHERE to_regclass('public.' || relation) IS NULL
  LOOP
    EXECUTE format('CREATE TABLE public.%I (%s)', wanted.relation, wanted.columns);
    EXECUTE format('COMMENT ON TABLE public.%I IS %L', wanted.relation, wanted.says || ' (made by drover: diners)');
  END LOOP;
END
$step$;
