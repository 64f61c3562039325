CALL marketplace_steps.take_back('430_create_trending_products_table');
