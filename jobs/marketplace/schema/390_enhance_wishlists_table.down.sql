CALL marketplace_steps.take_back('390_enhance_wishlists_table');
