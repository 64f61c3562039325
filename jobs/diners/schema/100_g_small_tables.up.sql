-- drover: phase=index
-- Keys, checks and indexes of the small tables. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  -- Only for tables and columns of this job: one that was there before may hold what these do not know.
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('platform_admins', 'id', 'platform_admins_pkey', 'PRIMARY KEY (id)'),
      ('platform_admins', 'role', 'platform_admins_role_check', 'CHECK (role IN (''SUPER_ADMIN'', ''ADMIN'', ''SUPPORT''))'),
      ('restaurants', 'onboarding_status', 'restaurants_onboarding_status_check', 'CHECK (onboarding_status IN (''PENDING'', ''ACTIVE'', ''SUSPENDED'', ''REJECTED''))'),
      ('subscriptions', 'id', 'subscriptions_pkey', 'PRIMARY KEY (id)'),
      ('subscriptions', 'plan', 'subscriptions_plan_check', 'CHECK (plan IN (''TRIAL'', ''STARTER'', ''PROFESSIONAL'', ''ENTERPRISE''))'),
      ('subscriptions', 'status', 'subscriptions_status_check', 'CHECK (status IN (''TRIAL'', ''ACTIVE'', ''PAST_DUE'', ''CANCELLED'', ''EXPIRED''))'),
      ('subscriptions', 'seats', 'subscriptions_seats_check', 'CHECK (seats > 0)'),
      ('subscriptions', 'current_period_end', 'subscriptions_current_period_end_check', 'CHECK (current_period_end > current_period_start)'),
      ('legacy_totals', '', 'legacy_totals_pkey', 'PRIMARY KEY (relation, id_range)')
    ) AS v(relation, "column", name, definition)
    WHERE (obj_description(to_regclass('public.' || relation), 'pg_class') LIKE '%' || made
           OR EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = to_regclass('public.' || relation) AND attname = "column"
                        AND col_description(attrelid, attnum) LIKE '%' || made))
      AND NOT EXISTS (SELECT FROM pg_constraint
                      WHERE conrelid = to_regclass('public.' || relation)
                        AND (conname = name OR contype = 'p' AND definition LIKE 'PRIMARY KEY%'))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', wanted.relation, wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L', wanted.name, wanted.relation, made);
  END LOOP;
  -- None where an index answers for it already: the table's key, or one that was there before.
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_platform_admins_id', 'UNIQUE', 'platform_admins', '(id)'),
      ('idx_platform_admins_email', 'UNIQUE', 'platform_admins', '(lower(email))'),
      ('idx_restaurants_onboarding_status', '', 'restaurants', '(onboarding_status)'),
      ('idx_subscriptions_id', 'UNIQUE', 'subscriptions', '(id)'),
      ('idx_subscriptions_restaurant_id', '', 'subscriptions', '(restaurant_id)'),
      ('idx_subscriptions_active', 'UNIQUE', 'subscriptions', '(restaurant_id) WHERE status = ''ACTIVE'''),
      ('idx_subscriptions_current_period_end', '', 'subscriptions', '(current_period_end)'),
      ('idx_legacy_totals_key', 'UNIQUE', 'legacy_totals', '(relation, id_range)')
    ) AS v(name, uniqueness, relation, key)
    WHERE to_regclass('public.' || name) IS NULL
      AND NOT EXISTS (SELECT
                      FROM pg_index
                      WHERE indrelid = to_regclass('public.' || relation) AND indpred IS NULL AND indisvalid
                        AND (indisunique OR uniqueness = '')
                        AND split_part(pg_get_indexdef(indexrelid), ' USING btree ', 2) = key)
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%I %s', wanted.uniqueness, wanted.name, wanted.relation, wanted.key);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, made);
  END LOOP;
END
$step$;
