CALL marketplace_steps.take_back('360_create_supplier_analytics_table');
