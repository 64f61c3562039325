CALL marketplace_steps.take_back('530_a_accounts');
