CALL marketplace_steps.take_back('300_enhance_return_requests_table');
