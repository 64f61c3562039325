CALL marketplace_steps.take_back('530_f_customers');
