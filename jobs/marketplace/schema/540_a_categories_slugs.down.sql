CALL marketplace_steps.take_back('540_a_categories_slugs');
