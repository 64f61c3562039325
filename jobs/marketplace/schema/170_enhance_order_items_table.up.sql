-- drover: phase=expand
-- Order items: who sells, what was sold as it was then, how far it has come, what the supplier gets.
CALL marketplace_steps.add_columns('170_enhance_order_items_table', 'order_items',
  'supplier_profile_id bigint',
  'product_name text',
  'product_variant_attributes jsonb NOT NULL DEFAULT ''{}''',
  'product_image_url text',
  'discounted_price numeric(10,2)',
  'final_price numeric(20,2)',
  'currency text NOT NULL DEFAULT ''INR''',
  'fulfillment_status text',
  'shipped_at timestamptz',
  'delivered_at timestamptz',
  'tracking_number text',
  'tracking_url text',
  'supplier_commission numeric(12,2)',
  'supplier_paid boolean NOT NULL DEFAULT false',
  'supplier_paid_at timestamptz',
  'supplier_payment_id bigint',
  'is_returnable boolean NOT NULL DEFAULT false',
  'return_deadline timestamptz',
  'return_requested boolean NOT NULL DEFAULT false');
CALL marketplace_steps.add_check('170_enhance_order_items_table', 'order_items', 'order_items_fulfillment_status_check', 'fulfillment_status IN (''pending'', ''processing'', ''shipped'', ''delivered'', ''cancelled'', ''returned'')');
CALL marketplace_steps.add_check('170_enhance_order_items_table', 'order_items', 'order_items_currency_check', 'currency ~ ''^[A-Z]{3}$''');
