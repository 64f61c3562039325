-- drover: phase=index
-- Validates the foreign keys and checks of products; readers and writers go on meanwhile.
CALL marketplace_steps.validate('products');
