-- drover: phase=index
-- Validates the foreign keys and checks of product_variants; readers and writers go on meanwhile.
CALL marketplace_steps.validate('product_variants');
