-- drover: phase=index
-- Validates the foreign keys and checks of order_items; readers and writers go on meanwhile.
CALL marketplace_steps.validate('order_items');
