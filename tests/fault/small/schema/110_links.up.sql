-- drover: phase=index
-- drover: no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS visits_member ON public.visits (member_id);
