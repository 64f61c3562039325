-- drover: phase=index
-- The indexes of availability_rules and time_slots. An index of that name that is there already is kept.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_availability_lookup',       'availability_rules', ''      , '(professional_id, day_of_week, active)'),
      ('idx_org_availability',          'availability_rules', ''      , '(organization_id, active)'),
      ('idx_unique_availability_start', 'availability_rules', 'UNIQUE', '(professional_id, day_of_week, start_time)'),
      ('idx_unique_time_slot',          'time_slots',         'UNIQUE', '(professional_id, date, start_time)'),
      ('idx_available_slots',           'time_slots',         ''      , '(professional_id, date, available)'),
      ('idx_org_date_slots',            'time_slots',         ''      , '(organization_id, date)'),
      ('idx_time_slots_appointment_id', 'time_slots',         ''      , '(appointment_id)')
    ) AS v(name, relation, kind, key)
    WHERE to_regclass('public.' || name) IS NULL
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%I %s', wanted.kind, wanted.name, wanted.relation, wanted.key);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, '(made by drover: tenancy)');
  END LOOP;
END
$step$;
