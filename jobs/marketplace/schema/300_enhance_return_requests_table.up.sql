-- drover: phase=expand
-- Returns: number, item, status, resolution, refund, pick-up, condition.
CALL marketplace_steps.add_columns('300_enhance_return_requests_table', 'return_requests',
  'return_id text',
  'order_item_id bigint',
  'status_updated_at timestamptz',
  'status_history jsonb NOT NULL DEFAULT ''[]''',
  'resolution_amount numeric(12,2)',
  'resolved_by_admin_id bigint',
  'resolved_at timestamptz',
  'refund_id bigint',
  'refund_status text',
  'refund_amount numeric(12,2)',
  'refund_transaction_id text',
  'pickup_address_id bigint',
  'pickup_scheduled_at timestamptz',
  'pickup_completed_at timestamptz',
  'return_quantity integer',
  'return_condition text',
  'return_images jsonb NOT NULL DEFAULT ''[]''');
CALL marketplace_steps.add_check('300_enhance_return_requests_table', 'return_requests', 'return_requests_refund_status_check', 'refund_status IN (''pending'', ''processed'', ''failed'')');
CALL marketplace_steps.add_check('300_enhance_return_requests_table', 'return_requests', 'return_requests_return_quantity_check', 'return_quantity > 0');
CALL marketplace_steps.add_check('300_enhance_return_requests_table', 'return_requests', 'return_requests_amounts_check', 'resolution_amount >= 0 AND refund_amount >= 0');
