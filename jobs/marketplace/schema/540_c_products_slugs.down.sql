CALL marketplace_steps.take_back('540_c_products_slugs');
