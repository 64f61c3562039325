CALL marketplace_steps.take_back('130_enhance_attribute_types_table');
