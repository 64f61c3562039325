-- drover: phase=expand
-- Brands: slug, origin, counts.
CALL marketplace_steps.add_columns('100_enhance_brands_table', 'brands',
  'slug text',
  'short_description text',
  'banner_url text',
  'country_of_origin text',
  'founded_year integer',
  'website_url text',
  'active boolean NOT NULL DEFAULT true',
  'products_count integer NOT NULL DEFAULT 0',
  'active_products_count integer NOT NULL DEFAULT 0',
  'meta_title text',
  'meta_description text');
CALL marketplace_steps.add_check('100_enhance_brands_table', 'brands', 'brands_counts_check', 'active_products_count BETWEEN 0 AND products_count');
