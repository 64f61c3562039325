CALL marketplace_steps.take_back('530_d_orders');
