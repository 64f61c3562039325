-- The two pricing rules to begin with are there; what margin they have is the shop's affair.
-- drover: severity=error
SELECT name AS missing
FROM unnest(ARRAY['default margin', 'cheap goods']) AS wanted(name)
WHERE NOT EXISTS (SELECT FROM public.pricing_rules r WHERE r.name = wanted.name)
