CALL marketplace_steps.take_back('540_b_brands_slugs');
