-- drover: phase=index
-- drover: no-transaction
-- The indexes of posts. The application goes on reading and writing meanwhile.
CREATE UNIQUE INDEX CONCURRENTLY idx_posts_organization_id_legacy_id ON public.posts (organization_id, legacy_id);
