CALL marketplace_steps.take_back('090_enhance_categories_table');
