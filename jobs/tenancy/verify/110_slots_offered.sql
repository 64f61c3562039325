-- A professional of the organization who has a range on some weekday has slots in the next days.
-- drover: severity=warning
SELECT r.professional_id, count(*) AS ranges
FROM public.availability_rules r
JOIN public.organizations o ON o.id = r.organization_id AND o.subdomain = lower(btrim(:'organization_subdomain'))
WHERE r.active
  AND NOT EXISTS (SELECT FROM public.time_slots s
                  WHERE s.professional_id = r.professional_id AND s.date >= (:'now'::timestamptz AT TIME ZONE :'timezone')::date)
GROUP BY r.professional_id
