CALL marketplace_steps.take_back('220_create_shipping_methods_table');
