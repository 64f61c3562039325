CALL marketplace_steps.take_back('310_create_inventory_transactions_table');
