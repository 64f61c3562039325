CALL marketplace_steps.take_back('190_create_payment_refunds_table');
