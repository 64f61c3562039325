-- drover: phase=index when=:multi_user_supplier_accounts
-- Of supplier_account_users.
CALL marketplace_steps.add_foreign_keys('605_a_account_users_foreign_keys', ARRAY[
  ARRAY['supplier_account_users', 'supplier_profile_id', 'supplier_profiles'],
  ARRAY['supplier_account_users', 'user_id', 'users'],
  ARRAY['supplier_account_users', 'invited_by_id', 'users']]);
