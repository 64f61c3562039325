CALL marketplace_steps.take_back('270_create_promotions_table');
