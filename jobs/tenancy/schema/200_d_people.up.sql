-- drover: phase=index
-- The indexes of organizations, roles, students and professionals. An index of that name that is there already is kept.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_organizations_subdomain',                      'organizations', 'UNIQUE', '(subdomain)'),
      ('idx_roles_organization_id_name',                   'roles',         'UNIQUE', '(organization_id, name)'),
      ('idx_user_roles_user_id_role_id',                   'user_roles',    'UNIQUE', '(user_id, role_id)'),
      ('idx_user_roles_organization_id',                   'user_roles',    ''      , '(organization_id)'),
      ('idx_user_roles_role_id',                           'user_roles',    ''      , '(role_id)'),
      ('idx_students_organization_id_user_id',             'students',      'UNIQUE', '(organization_id, user_id)'),
      ('idx_students_user_id',                             'students',      ''      , '(user_id)'),
      ('idx_professionals_organization_id_user_id',        'professionals', 'UNIQUE', '(organization_id, user_id)'),
      ('idx_professionals_user_id',                        'professionals', ''      , '(user_id)'),
      ('idx_professionals_organization_id_specialization', 'professionals', ''      , '(organization_id, specialization)')
    ) AS v(name, relation, kind, key)
    WHERE to_regclass('public.' || name) IS NULL
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%I %s', wanted.kind, wanted.name, wanted.relation, wanted.key);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, '(made by drover: tenancy)');
  END LOOP;
END
$step$;
