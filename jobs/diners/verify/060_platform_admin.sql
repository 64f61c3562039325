-- The platform has its administrator, from the account that --param admin_email names.
-- drover: severity=error
SELECT :'admin_email' AS admin_email, 'no platform admin has this address' AS problem
WHERE NOT EXISTS (SELECT FROM public.platform_admins
                  WHERE lower(email COLLATE "und-x-icu") = lower(:'admin_email' COLLATE "und-x-icu"))
