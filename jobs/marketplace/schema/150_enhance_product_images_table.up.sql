-- drover: phase=expand
-- Images: of a product as a whole too, in several sizes.
CALL marketplace_steps.add_columns('150_enhance_product_images_table', 'product_images',
  'product_id bigint',
  'thumbnail_url text',
  'medium_url text',
  'large_url text',
  'image_type text NOT NULL DEFAULT ''gallery''',
  'color_dominant text',
  'file_size_bytes bigint',
  'width_pixels integer',
  'height_pixels integer',
  'mime_type text');
CALL marketplace_steps.add_check('150_enhance_product_images_table', 'product_images', 'product_images_image_type_check', 'image_type IN (''main'', ''gallery'', ''swatch'', ''lifestyle'', ''size_chart'')');
CALL marketplace_steps.add_check('150_enhance_product_images_table', 'product_images', 'product_images_size_check', 'file_size_bytes >= 0 AND width_pixels > 0 AND height_pixels > 0');
