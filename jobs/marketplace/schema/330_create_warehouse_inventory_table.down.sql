CALL marketplace_steps.take_back('330_create_warehouse_inventory_table');
