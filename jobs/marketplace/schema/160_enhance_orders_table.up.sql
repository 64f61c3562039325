-- drover: phase=expand
-- Orders: number, status in words, payment, discounts, delivery, notes.
-- The application reads status until 900_replace_status puts status_name in its place.
CALL marketplace_steps.add_columns('160_enhance_orders_table', 'orders',
  'order_number text',
  'status_name text',
  'status_updated_at timestamptz',
  'status_history jsonb NOT NULL DEFAULT ''[]''',
  'payment_method text',
  'payment_id text',
  'payment_gateway text',
  'paid_at timestamptz',
  'tax_amount numeric(12,2) NOT NULL DEFAULT 0',
  'coupon_discount numeric(12,2) NOT NULL DEFAULT 0',
  'loyalty_points_used integer NOT NULL DEFAULT 0',
  'loyalty_points_discount numeric(12,2) NOT NULL DEFAULT 0',
  'currency text NOT NULL DEFAULT ''INR''',
  'shipping_provider text',
  'tracking_url text',
  'estimated_delivery_date date',
  'actual_delivery_date date',
  'delivery_slot_start timestamptz',
  'delivery_slot_end timestamptz',
  'customer_notes text',
  'internal_notes text');
CALL marketplace_steps.add_check('160_enhance_orders_table', 'orders', 'orders_status_name_check', 'status_name IN (''pending'', ''paid'', ''packed'', ''shipped'', ''delivered'', ''cancelled'')');
CALL marketplace_steps.add_check('160_enhance_orders_table', 'orders', 'orders_discounts_check', 'tax_amount >= 0 AND coupon_discount >= 0 AND loyalty_points_used >= 0 AND loyalty_points_discount >= 0');
CALL marketplace_steps.add_check('160_enhance_orders_table', 'orders', 'orders_currency_check', 'currency ~ ''^[A-Z]{3}$''');
CALL marketplace_steps.add_check('160_enhance_orders_table', 'orders', 'orders_delivery_slot_check', 'delivery_slot_start <= delivery_slot_end');
