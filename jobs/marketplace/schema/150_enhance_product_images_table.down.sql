CALL marketplace_steps.take_back('150_enhance_product_images_table');
