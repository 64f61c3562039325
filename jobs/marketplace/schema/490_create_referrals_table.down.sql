CALL marketplace_steps.take_back('490_create_referrals_table');
