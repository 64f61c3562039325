-- drover: phase=expand when=:multi_user_supplier_accounts
-- Who may work on a supplier profile, and what they may do there.
CALL marketplace_steps.add_table('050_create_supplier_account_users', 'supplier_account_users', 'A user of a supplier profile: the owner, or somebody who was invited.',
  'supplier_profile_id bigint NOT NULL',
  'user_id bigint NOT NULL',
  'role text NOT NULL DEFAULT ''staff'' CHECK (role IN (''owner'', ''admin'', ''manager'', ''staff''))',
  'status text NOT NULL DEFAULT ''active'' CHECK (status IN (''invited'', ''active'', ''suspended''))',
  'can_manage_products boolean NOT NULL DEFAULT false',
  'can_manage_inventory boolean NOT NULL DEFAULT false',
  'can_manage_orders boolean NOT NULL DEFAULT false',
  'can_manage_returns boolean NOT NULL DEFAULT false',
  'can_view_financials boolean NOT NULL DEFAULT false',
  'can_view_analytics boolean NOT NULL DEFAULT false',
  'can_manage_users boolean NOT NULL DEFAULT false',
  'can_manage_settings boolean NOT NULL DEFAULT false',
  'invited_by_id bigint',
  'invited_at timestamptz',
  'accepted_at timestamptz',
  'last_active_at timestamptz',
  'created_at timestamptz NOT NULL DEFAULT now()',
  'updated_at timestamptz NOT NULL DEFAULT now()',
  'PRIMARY KEY (supplier_profile_id, user_id)');
CALL marketplace_steps.add_index('050_create_supplier_account_users', 'idx_supplier_account_users_user_id', 'supplier_account_users', '(user_id)');
CALL marketplace_steps.add_index('050_create_supplier_account_users', 'idx_supplier_account_users_invited_by_id', 'supplier_account_users', '(invited_by_id)');
CALL marketplace_steps.add_index('050_create_supplier_account_users', 'idx_supplier_account_users_owner', 'supplier_account_users', '(supplier_profile_id) WHERE role = ''owner''');
