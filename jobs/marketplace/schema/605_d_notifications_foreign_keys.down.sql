CALL marketplace_steps.take_back('605_d_notifications_foreign_keys');
