-- Every professional and every student has that role.
-- drover: severity=error
SELECT people.organization_id, people.user_id, people.role
FROM (SELECT organization_id, user_id, 'professional' AS role FROM public.professionals
      UNION ALL SELECT organization_id, user_id, 'student' FROM public.students) people
WHERE NOT EXISTS (SELECT FROM public.user_roles x JOIN public.roles r ON r.id = x.role_id
                  WHERE x.user_id = people.user_id AND r.organization_id = people.organization_id AND r.name = people.role)
