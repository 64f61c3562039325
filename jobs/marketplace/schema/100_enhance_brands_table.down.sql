CALL marketplace_steps.take_back('100_enhance_brands_table');
