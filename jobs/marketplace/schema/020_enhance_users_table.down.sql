CALL marketplace_steps.take_back('020_enhance_users_table');
