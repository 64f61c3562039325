-- drover: phase=index
-- Keys, checks and indexes of the small tables. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('platform_admins', 'platform_admins_pkey', 'PRIMARY KEY (id)'),
      ('platform_admins', 'platform_admins_role_check', 'CHECK (role IN (''SUPER_ADMIN'', ''ADMIN'', ''SUPPORT''))'),
      ('restaurants', 'restaurants_onboarding_status_check', 'CHECK (onboarding_status IN (''PENDING'', ''ACTIVE'', ''SUSPENDED'', ''REJECTED''))'),
      ('subscriptions', 'subscriptions_pkey', 'PRIMARY KEY (id)'),
      ('subscriptions', 'subscriptions_plan_check', 'CHECK (plan IN (''TRIAL'', ''STARTER'', ''PROFESSIONAL'', ''ENTERPRISE''))'),
      ('subscriptions', 'subscriptions_status_check', 'CHECK (status IN (''TRIAL'', ''ACTIVE'', ''PAST_DUE'', ''CANCELLED'', ''EXPIRED''))'),
      ('subscriptions', 'subscriptions_seats_check', 'CHECK (seats > 0)'),
      ('subscriptions', 'subscriptions_current_period_end_check', 'CHECK (current_period_end > current_period_start)'),
      ('legacy_totals', 'legacy_totals_pkey', 'PRIMARY KEY (relation, id_range)')
    ) AS v(relation, name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_constraint
                      WHERE conrelid = to_regclass('public.' || relation)
                        AND (conname = name OR contype = 'p' AND definition LIKE 'PRIMARY KEY%'))
      -- A table or column that was there before may hold what these checks do not know.
      AND (obj_description(to_regclass('public.' || relation), 'pg_class') LIKE '%' || made
           OR EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = to_regclass('public.' || relation) AND name LIKE '%' || attname || '_check'
                        AND col_description(attrelid, attnum) LIKE '%' || made)
           OR definition LIKE 'PRIMARY KEY%')
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', wanted.relation, wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L', wanted.name, wanted.relation, made);
  END LOOP;
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_platform_admins_email', 'UNIQUE', 'platform_admins (lower(email))'),
      ('idx_restaurants_onboarding_status', '', 'restaurants (onboarding_status)'),
      ('idx_subscriptions_restaurant_id', '', 'subscriptions (restaurant_id)'),
      ('idx_subscriptions_active', 'UNIQUE', 'subscriptions (restaurant_id) WHERE status = ''ACTIVE'''),
      ('idx_subscriptions_current_period_end', '', 'subscriptions (current_period_end)')
    ) AS v(name, uniqueness, target)
    WHERE to_regclass('public.' || name) IS NULL
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%s', wanted.uniqueness, wanted.name, wanted.target);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, made);
  END LOOP;
END
$step$;
