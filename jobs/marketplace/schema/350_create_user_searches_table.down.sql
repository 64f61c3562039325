CALL marketplace_steps.take_back('350_create_user_searches_table');
