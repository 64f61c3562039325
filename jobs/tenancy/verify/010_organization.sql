-- The organization is there, once, with the zone that its times were read in.
-- drover: severity=error
SELECT wanted.subdomain, wanted.timezone, o.id, o.timezone AS timezone_found
FROM (SELECT lower(btrim(:'organization_subdomain')) AS subdomain, :'timezone'::text AS timezone) wanted
LEFT JOIN public.organizations o ON o.subdomain = wanted.subdomain
WHERE o.id IS NULL OR o.timezone IS DISTINCT FROM wanted.timezone
