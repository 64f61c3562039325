-- drover: phase=index
-- drover: no-transaction
-- The indexes of likes. The application goes on reading and writing meanwhile.
CREATE UNIQUE INDEX CONCURRENTLY idx_likes_organization_id_legacy_id ON public.likes (organization_id, legacy_id);
CREATE INDEX CONCURRENTLY idx_likes_user_id ON public.likes (user_id);
CREATE INDEX CONCURRENTLY idx_likes_post_id ON public.likes (post_id);
