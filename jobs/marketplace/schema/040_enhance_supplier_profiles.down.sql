CALL marketplace_steps.take_back('040_enhance_supplier_profiles');
