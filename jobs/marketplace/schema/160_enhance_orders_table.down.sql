CALL marketplace_steps.take_back('160_enhance_orders_table');
