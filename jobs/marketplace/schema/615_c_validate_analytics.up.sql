-- drover: phase=index when=:enhanced_analytics
-- Validates the foreign keys and checks of the analytics tables; readers and writers go on meanwhile.
CALL marketplace_steps.validate('product_views');
CALL marketplace_steps.validate('user_searches');
CALL marketplace_steps.validate('supplier_analytics');
