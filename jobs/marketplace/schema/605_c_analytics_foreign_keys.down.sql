CALL marketplace_steps.take_back('605_c_analytics_foreign_keys');
