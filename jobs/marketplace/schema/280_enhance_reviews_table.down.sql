CALL marketplace_steps.take_back('280_enhance_reviews_table');
