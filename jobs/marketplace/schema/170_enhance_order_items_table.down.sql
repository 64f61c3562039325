CALL marketplace_steps.take_back('170_enhance_order_items_table');
