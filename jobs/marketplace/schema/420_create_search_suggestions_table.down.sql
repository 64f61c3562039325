CALL marketplace_steps.take_back('420_create_search_suggestions_table');
