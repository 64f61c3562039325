-- drover: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS public.idx_users_organization_id_role;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_users_organization_id_legacy_id;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_users_email;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_users_jti;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_users_reset_password_token;
