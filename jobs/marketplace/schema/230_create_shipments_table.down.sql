CALL marketplace_steps.take_back('230_create_shipments_table');
