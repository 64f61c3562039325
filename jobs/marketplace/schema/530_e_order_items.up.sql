-- drover: phase=index no-transaction
-- Performance indexes: order items.
CALL marketplace_steps.note_index('530_e_order_items', 'idx_order_items_order_id', 'order_items');
CALL marketplace_steps.note_index('530_e_order_items', 'idx_order_items_product_variant_id', 'order_items');
CALL marketplace_steps.note_index('530_e_order_items', 'idx_order_items_supplier_profile_id_fulfillment_status', 'order_items');
CALL marketplace_steps.note_index('530_e_order_items', 'idx_order_items_supplier_payment_id', 'order_items');
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_order_items_order_id ON public.order_items (order_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_order_items_product_variant_id ON public.order_items (product_variant_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_order_items_supplier_profile_id_fulfillment_status ON public.order_items (supplier_profile_id, fulfillment_status);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_order_items_supplier_payment_id ON public.order_items (supplier_payment_id);
