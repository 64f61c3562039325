CALL marketplace_steps.take_back('600_foreign_keys');
