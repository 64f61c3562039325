-- drover: phase=expand no-transaction
-- The rows are the load's work (transform/new_users.sql, promotions.sql). Here: what finds an account by its email, whatever its
-- case and blanks, for the sign-in, the checks, and the step that drops suppliers. By hash: a B-tree entry holds 2,704 bytes.
CALL marketplace_steps.note_index('030_migrate_suppliers_to_users', 'idx_users_email', 'users');
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email ON public.users USING hash (lower(btrim(email) COLLATE "und-x-icu"));
