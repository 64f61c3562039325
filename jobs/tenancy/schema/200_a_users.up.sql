-- drover: phase=index
-- drover: no-transaction
-- The indexes of users. The application goes on reading and writing meanwhile.
CREATE INDEX CONCURRENTLY idx_users_organization_id_role ON public.users (organization_id, role);
CREATE UNIQUE INDEX CONCURRENTLY idx_users_organization_id_legacy_id ON public.users (organization_id, legacy_id);
CREATE INDEX CONCURRENTLY idx_users_email ON public.users USING hash (email);
CREATE UNIQUE INDEX CONCURRENTLY idx_users_jti ON public.users (jti);
CREATE UNIQUE INDEX CONCURRENTLY idx_users_reset_password_token ON public.users (reset_password_token);
