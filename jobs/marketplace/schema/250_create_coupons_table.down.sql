CALL marketplace_steps.take_back('250_create_coupons_table');
