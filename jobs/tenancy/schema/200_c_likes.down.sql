-- drover: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS public.idx_likes_organization_id_legacy_id;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_likes_user_id;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_likes_post_id;
