CALL marketplace_steps.take_back('510_create_pincode_serviceability_table');
