CALL marketplace_steps.unvalidate('product_variants');
