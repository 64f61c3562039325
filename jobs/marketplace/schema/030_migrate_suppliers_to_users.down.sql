CALL marketplace_steps.take_back('030_migrate_suppliers_to_users');
