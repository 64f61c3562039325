CALL marketplace_steps.take_back('110_enhance_products_table');
