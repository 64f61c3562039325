-- drover: phase=expand
-- Categories: slug, place in the tree, pictures, words for search engines, counts.
CALL marketplace_steps.add_columns('090_enhance_categories_table', 'categories',
  'slug text',
  'level integer',
  'path text',
  'sort_order integer NOT NULL DEFAULT 0',
  'short_description text',
  'image_url text',
  'banner_url text',
  'icon_url text',
  'meta_title text',
  'meta_description text',
  'meta_keywords text',
  'featured boolean NOT NULL DEFAULT false',
  'products_count integer NOT NULL DEFAULT 0',
  'active_products_count integer NOT NULL DEFAULT 0',
  'require_brand boolean NOT NULL DEFAULT false',
  'require_attributes jsonb NOT NULL DEFAULT ''[]''');
CALL marketplace_steps.add_check('090_enhance_categories_table', 'categories', 'categories_level_check', 'level >= 0');
CALL marketplace_steps.add_check('090_enhance_categories_table', 'categories', 'categories_counts_check', 'active_products_count BETWEEN 0 AND products_count');
