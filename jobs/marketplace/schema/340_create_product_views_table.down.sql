CALL marketplace_steps.take_back('340_create_product_views_table');
