-- drover: phase=index
-- Validates the foreign keys and checks of users; readers and writers go on meanwhile.
CALL marketplace_steps.validate('users');
