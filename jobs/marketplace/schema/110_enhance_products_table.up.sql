-- drover: phase=expand
-- Products: slug, type, status in words, search, prices, measures, figures, marks.
-- The application reads status until 900_replace_status puts status_name in its place.
CALL marketplace_steps.add_columns('110_enhance_products_table', 'products',
  'slug text',
  'short_description text',
  'highlights text[] NOT NULL DEFAULT ''{}''',
  'product_type text NOT NULL DEFAULT ''general''',
  'status_name text',
  'status_changed_at timestamptz',
  'status_changed_by_id bigint',
  'meta_title text',
  'meta_description text',
  'meta_keywords text',
  'search_keywords text[] NOT NULL DEFAULT ''{}''',
  'tags text[] NOT NULL DEFAULT ''{}''',
  'product_attributes jsonb NOT NULL DEFAULT ''{}''',
  'base_price numeric(10,2)',
  'base_discounted_price numeric(10,2)',
  'base_mrp numeric(10,2)',
  'length_cm numeric(8,2)',
  'width_cm numeric(8,2)',
  'height_cm numeric(8,2)',
  'weight_kg numeric(8,3)',
  'rating_distribution jsonb NOT NULL DEFAULT ''{"1":0,"2":0,"3":0,"4":0,"5":0}''',
  'total_clicks_count integer NOT NULL DEFAULT 0',
  'conversion_rate numeric(5,2) NOT NULL DEFAULT 0',
  'total_stock_quantity bigint NOT NULL DEFAULT 0',
  'low_stock_variants_count integer NOT NULL DEFAULT 0',
  'is_featured boolean NOT NULL DEFAULT false',
  'is_bestseller boolean NOT NULL DEFAULT false',
  'is_new_arrival boolean NOT NULL DEFAULT false',
  'is_trending boolean NOT NULL DEFAULT false',
  'published_at timestamptz');
CALL marketplace_steps.add_check('110_enhance_products_table', 'products', 'products_status_name_check', 'status_name IN (''pending'', ''approved'', ''rejected'', ''archived'')');
CALL marketplace_steps.add_check('110_enhance_products_table', 'products', 'products_conversion_rate_check', 'conversion_rate BETWEEN 0 AND 100');
CALL marketplace_steps.add_check('110_enhance_products_table', 'products', 'products_measures_check', 'length_cm > 0 AND width_cm > 0 AND height_cm > 0 AND weight_kg > 0');
CALL marketplace_steps.add_check('110_enhance_products_table', 'products', 'products_low_stock_variants_count_check', 'low_stock_variants_count >= 0');
