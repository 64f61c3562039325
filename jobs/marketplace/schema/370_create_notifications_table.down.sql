CALL marketplace_steps.take_back('370_create_notifications_table');
