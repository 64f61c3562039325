-- drover: phase=expand
-- The two rules to begin with. One of that name that is there already is kept, with the margin that somebody gave it.
INSERT INTO public.pricing_rules (name, min_cost_cents, max_cost_cents, margin_bps, priority)
SELECT name, min_cost_cents, max_cost_cents, margin_bps, priority
FROM (VALUES
  ('default margin', 0, NULL, 3000, 0),
  ('cheap goods',    0, 2000, 5000, 10)
) AS seed(name, min_cost_cents, max_cost_cents, margin_bps, priority)
WHERE NOT EXISTS (SELECT FROM public.pricing_rules r WHERE r.name = seed.name);
