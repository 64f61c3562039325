CALL marketplace_steps.take_back('530_c_variants');
