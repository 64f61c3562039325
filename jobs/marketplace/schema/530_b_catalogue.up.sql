-- drover: phase=index no-transaction
-- Performance indexes: categories, brands, products.
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_categories_parent_id_sort_order', 'categories');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_categories_path', 'categories');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_category_id_status_name', 'products');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_brand_id', 'products');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_supplier_profile_id_status_name', 'products');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_published', 'products');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_status_changed_by_id', 'products');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_featured', 'products');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_product_attributes', 'products');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_tags', 'products');
CALL marketplace_steps.note_index('530_b_catalogue', 'idx_products_search_keywords', 'products');
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_categories_parent_id_sort_order ON public.categories (parent_id, sort_order);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_categories_path ON public.categories (path text_pattern_ops) WHERE octet_length(path) <= 2000;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_id_status_name ON public.products (category_id, status_name);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_brand_id ON public.products (brand_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_supplier_profile_id_status_name ON public.products (supplier_profile_id, status_name);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_published ON public.products (published_at) WHERE status_name = 'approved';
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_status_changed_by_id ON public.products (status_changed_by_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_featured ON public.products (is_featured) WHERE is_featured;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_product_attributes ON public.products USING gin (product_attributes jsonb_path_ops);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_tags ON public.products USING gin (tags);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_search_keywords ON public.products USING gin (search_keywords);
