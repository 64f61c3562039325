CALL marketplace_steps.take_back('410_enhance_cart_items_table');
