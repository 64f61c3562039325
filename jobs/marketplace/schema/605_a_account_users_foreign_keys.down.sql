CALL marketplace_steps.take_back('605_a_account_users_foreign_keys');
