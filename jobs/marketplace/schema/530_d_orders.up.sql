-- drover: phase=index no-transaction
-- Performance indexes: orders.
CALL marketplace_steps.note_index('530_d_orders', 'idx_orders_order_number', 'orders');
CALL marketplace_steps.note_index('530_d_orders', 'idx_orders_user_id_created_at', 'orders');
CALL marketplace_steps.note_index('530_d_orders', 'idx_orders_status_name_created_at', 'orders');
CALL marketplace_steps.note_index('530_d_orders', 'idx_orders_payment_id', 'orders');
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_order_number ON public.orders (order_number);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_user_id_created_at ON public.orders (user_id, created_at);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_status_name_created_at ON public.orders (status_name, created_at);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_payment_id ON public.orders (payment_id) WHERE payment_id IS NOT NULL;
