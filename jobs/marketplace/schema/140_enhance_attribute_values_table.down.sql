CALL marketplace_steps.take_back('140_enhance_attribute_values_table');
