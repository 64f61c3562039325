CALL marketplace_steps.take_back('440_enhance_admins_table');
