CALL marketplace_steps.unvalidate('order_items');
