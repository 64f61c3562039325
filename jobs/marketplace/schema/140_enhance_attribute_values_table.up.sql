-- drover: phase=expand
-- Attribute values: how they are shown, and in which order.
CALL marketplace_steps.add_columns('140_enhance_attribute_values_table', 'attribute_values',
  'display_value text',
  'display_order integer NOT NULL DEFAULT 0',
  'metadata jsonb NOT NULL DEFAULT ''{}''');
