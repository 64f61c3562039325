-- drover: phase=expand
-- Attribute types: what kind of value, where it applies, how it is shown.
CALL marketplace_steps.add_columns('130_enhance_attribute_types_table', 'attribute_types',
  'display_name text',
  'data_type text NOT NULL DEFAULT ''string''',
  'is_variant_attribute boolean NOT NULL DEFAULT true',
  'applicable_product_types text[] NOT NULL DEFAULT ''{}''',
  'applicable_categories bigint[] NOT NULL DEFAULT ''{}''',
  'display_type text NOT NULL DEFAULT ''dropdown''',
  'validation_rules jsonb NOT NULL DEFAULT ''{}''');
CALL marketplace_steps.add_check('130_enhance_attribute_types_table', 'attribute_types', 'attribute_types_data_type_check', 'data_type IN (''string'', ''number'', ''boolean'', ''date'', ''color'')');
CALL marketplace_steps.add_check('130_enhance_attribute_types_table', 'attribute_types', 'attribute_types_display_type_check', 'display_type IN (''dropdown'', ''swatch'', ''radio'', ''checkbox'', ''text'')');
