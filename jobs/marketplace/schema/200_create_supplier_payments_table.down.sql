CALL marketplace_steps.take_back('200_create_supplier_payments_table');
