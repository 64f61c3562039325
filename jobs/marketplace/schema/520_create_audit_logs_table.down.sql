CALL marketplace_steps.take_back('520_create_audit_logs_table');
