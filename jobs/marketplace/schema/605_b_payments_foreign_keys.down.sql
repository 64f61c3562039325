CALL marketplace_steps.take_back('605_b_payments_foreign_keys');
