CALL marketplace_steps.take_back('180_create_payments_table');
