-- drover: phase=index
-- Validates the foreign keys and checks of reviews; readers and writers go on meanwhile.
CALL marketplace_steps.validate('reviews');
