-- The margin of every cost that occurs: of the active rules that fit, the one of the highest priority, then of the lowest id.
-- drover: many
SELECT DISTINCT ON (c.supplier_id, c.cost_cents)
       c.supplier_id, c.cost_cents, r.margin_bps
FROM (SELECT DISTINCT supplier_id, cost_cents FROM ranked_offers WHERE place = 1) c
JOIN pricing_rules r ON (r.supplier_id IS NULL OR r.supplier_id = c.supplier_id)
                    AND c.cost_cents >= r.min_cost_cents
                    AND (r.max_cost_cents IS NULL OR c.cost_cents < r.max_cost_cents)
WHERE r.is_active
ORDER BY c.supplier_id, c.cost_cents, r.priority DESC, r.id
