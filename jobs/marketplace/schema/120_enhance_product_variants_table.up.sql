-- drover: phase=expand
-- Variants: codes, cost, reservation. What follows from stock is generated; this rewrites the table, once, for all columns.
CALL marketplace_steps.add_columns('120_enhance_product_variants_table', 'product_variants',
  'barcode text',
  'ean_code text',
  'isbn text',
  'cost_price numeric(10,2)',
  'mrp numeric(10,2)',
  'currency text NOT NULL DEFAULT ''INR''',
  'reserved_quantity integer NOT NULL DEFAULT 0',
  'low_stock_threshold integer NOT NULL DEFAULT 10',
  'available_quantity integer GENERATED ALWAYS AS (stock_quantity - reserved_quantity) STORED',
  'is_low_stock boolean GENERATED ALWAYS AS (stock_quantity - reserved_quantity <= low_stock_threshold) STORED',
  'out_of_stock boolean GENERATED ALWAYS AS (stock_quantity - reserved_quantity <= 0) STORED',
  'is_available boolean GENERATED ALWAYS AS (stock_quantity - reserved_quantity > 0) STORED',
  'variant_attributes jsonb NOT NULL DEFAULT ''{}''',
  'primary_image_id bigint',
  'total_returned integer NOT NULL DEFAULT 0',
  'total_refunded integer NOT NULL DEFAULT 0');
CALL marketplace_steps.add_check('120_enhance_product_variants_table', 'product_variants', 'product_variants_reserved_quantity_check', 'reserved_quantity >= 0');
CALL marketplace_steps.add_check('120_enhance_product_variants_table', 'product_variants', 'product_variants_currency_check', 'currency ~ ''^[A-Z]{3}$''');
CALL marketplace_steps.add_check('120_enhance_product_variants_table', 'product_variants', 'product_variants_low_stock_threshold_check', 'low_stock_threshold >= 0');
