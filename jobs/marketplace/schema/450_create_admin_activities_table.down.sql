CALL marketplace_steps.take_back('450_create_admin_activities_table');
