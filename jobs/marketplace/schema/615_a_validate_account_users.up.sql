-- drover: phase=index when=:multi_user_supplier_accounts
-- Validates the foreign keys and checks of supplier_account_users; readers and writers go on meanwhile.
CALL marketplace_steps.validate('supplier_account_users');
