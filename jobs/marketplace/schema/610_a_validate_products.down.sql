CALL marketplace_steps.unvalidate('products');
