CALL marketplace_steps.take_back('320_create_warehouses_table');
