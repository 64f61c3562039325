CALL marketplace_steps.take_back('400_enhance_wishlist_items_table');
