CALL marketplace_steps.take_back('080_enhance_addresses_table');
