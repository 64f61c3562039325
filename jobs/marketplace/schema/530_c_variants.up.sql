-- drover: phase=index no-transaction
-- Performance indexes: variants, their attributes and images.
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_variants_product_id', 'product_variants');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_variants_sku', 'product_variants');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_variants_barcode', 'product_variants');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_variants_primary_image_id', 'product_variants');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_variants_low_stock', 'product_variants');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_variants_variant_attributes', 'product_variants');
CALL marketplace_steps.note_index('530_c_variants', 'idx_attribute_values_attribute_type_id_display_order', 'attribute_values');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_variant_attributes_product_variant_id', 'product_variant_attributes');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_variant_attributes_attribute_value_id', 'product_variant_attributes');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_images_product_variant_id_display_order', 'product_images');
CALL marketplace_steps.note_index('530_c_variants', 'idx_product_images_product_id', 'product_images');
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_variants_product_id ON public.product_variants (product_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_variants_sku ON public.product_variants USING hash (sku);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_variants_barcode ON public.product_variants (barcode) WHERE barcode IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_variants_primary_image_id ON public.product_variants (primary_image_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_variants_low_stock ON public.product_variants (product_id) WHERE is_low_stock;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_variants_variant_attributes ON public.product_variants USING gin (variant_attributes jsonb_path_ops);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_attribute_values_attribute_type_id_display_order ON public.attribute_values (attribute_type_id, display_order);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_variant_attributes_product_variant_id ON public.product_variant_attributes (product_variant_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_variant_attributes_attribute_value_id ON public.product_variant_attributes (attribute_value_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_images_product_variant_id_display_order ON public.product_images (product_variant_id, display_order);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_images_product_id ON public.product_images (product_id);
