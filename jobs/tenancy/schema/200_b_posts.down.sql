-- drover: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS public.idx_posts_organization_id_legacy_id;
