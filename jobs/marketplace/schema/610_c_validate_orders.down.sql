CALL marketplace_steps.unvalidate('orders');
