CALL marketplace_steps.take_back('120_enhance_product_variants_table');
