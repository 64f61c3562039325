CALL marketplace_steps.take_back('460_create_support_tickets_table');
