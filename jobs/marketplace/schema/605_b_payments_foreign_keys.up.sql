-- drover: phase=index when=:new_payment_system
-- Of the payment tables, and of what refers to them.
CALL marketplace_steps.add_foreign_keys('605_b_payments_foreign_keys', ARRAY[
  ARRAY['payments', 'order_id', 'orders'],
  ARRAY['payments', 'user_id', 'users'],
  ARRAY['payment_refunds', 'payment_id', 'payments'],
  ARRAY['payment_refunds', 'order_item_id', 'order_items'],
  ARRAY['supplier_payments', 'supplier_profile_id', 'supplier_profiles'],
  ARRAY['payment_transactions', 'payment_id', 'payments'],
  ARRAY['payment_transactions', 'payment_refund_id', 'payment_refunds'],
  ARRAY['payment_transactions', 'supplier_payment_id', 'supplier_payments'],
  ARRAY['order_items', 'supplier_payment_id', 'supplier_payments'],
  ARRAY['return_requests', 'refund_id', 'payment_refunds']]);
