-- drover: phase=expand
-- Admins: active, blocked, permissions.
CALL marketplace_steps.add_columns('440_enhance_admins_table', 'admins',
  'is_active boolean NOT NULL DEFAULT true',
  'is_blocked boolean NOT NULL DEFAULT false',
  'last_login_at timestamptz',
  'password_changed_at timestamptz',
  'permissions jsonb NOT NULL DEFAULT ''{}''');
