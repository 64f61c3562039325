CALL marketplace_steps.take_back('210_create_payment_transactions_table');
