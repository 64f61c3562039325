-- drover: phase=index
-- The indexes of appointments. An index of that name that is there already is kept.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_appointments_organization_id_legacy_ref', 'appointments', 'UNIQUE', '(organization_id, legacy_ref)'),
      ('idx_appointments_organization_id_starts_at',  'appointments', ''      , '(organization_id, starts_at)'),
      ('idx_appointments_professional_id_starts_at',  'appointments', ''      , '(professional_id, starts_at)'),
      ('idx_appointments_student_id',                 'appointments', ''      , '(student_id)')
    ) AS v(name, relation, kind, key)
    WHERE to_regclass('public.' || name) IS NULL
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%I %s', wanted.kind, wanted.name, wanted.relation, wanted.key);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, '(made by drover: tenancy)');
  END LOOP;
END
$step$;
