CALL marketplace_steps.take_back('050_create_supplier_account_users');
