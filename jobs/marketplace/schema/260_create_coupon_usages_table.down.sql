CALL marketplace_steps.take_back('260_create_coupon_usages_table');
