CALL marketplace_steps.take_back('015_legacy_tables');
