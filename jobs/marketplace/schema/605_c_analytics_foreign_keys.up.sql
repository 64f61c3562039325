-- drover: phase=index when=:enhanced_analytics
-- Of the analytics tables.
CALL marketplace_steps.add_foreign_keys('605_c_analytics_foreign_keys', ARRAY[
  ARRAY['product_views', 'product_id', 'products'],
  ARRAY['product_views', 'user_id', 'users'],
  ARRAY['user_searches', 'user_id', 'users'],
  ARRAY['user_searches', 'clicked_product_id', 'products'],
  ARRAY['supplier_analytics', 'supplier_profile_id', 'supplier_profiles']]);
