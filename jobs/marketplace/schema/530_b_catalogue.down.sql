CALL marketplace_steps.take_back('530_b_catalogue');
