CALL marketplace_steps.take_back('470_create_support_ticket_messages_table');
