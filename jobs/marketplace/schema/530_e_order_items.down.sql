CALL marketplace_steps.take_back('530_e_order_items');
