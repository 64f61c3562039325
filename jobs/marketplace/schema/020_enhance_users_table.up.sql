-- drover: phase=expand
-- Users: profile, referral, preferences, blocking, social sign-in.
CALL marketplace_steps.add_columns('020_enhance_users_table', 'users',
  'alternate_phone text',
  'date_of_birth date',
  'gender text',
  'profile_image_url text',
  'referral_code text',
  'referred_by_id bigint',
  'loyalty_points integer NOT NULL DEFAULT 0',
  'preferred_language text NOT NULL DEFAULT ''en''',
  'preferred_currency text NOT NULL DEFAULT ''INR''',
  'timezone text NOT NULL DEFAULT ''UTC''',
  'notification_preferences jsonb NOT NULL DEFAULT ''{}''',
  'is_active boolean NOT NULL DEFAULT true',
  'is_blocked boolean NOT NULL DEFAULT false',
  'blocked_reason text',
  'blocked_at timestamptz',
  'last_login_at timestamptz',
  'last_active_at timestamptz',
  'google_id text',
  'facebook_id text',
  'apple_id text',
  'password_changed_at timestamptz');
CALL marketplace_steps.add_check('020_enhance_users_table', 'users', 'users_gender_check', 'gender IN (''female'', ''male'', ''other'', ''undisclosed'')');
CALL marketplace_steps.add_check('020_enhance_users_table', 'users', 'users_loyalty_points_check', 'loyalty_points >= 0');
CALL marketplace_steps.add_check('020_enhance_users_table', 'users', 'users_preferred_currency_check', 'preferred_currency ~ ''^[A-Z]{3}$''');
CALL marketplace_steps.add_check('020_enhance_users_table', 'users', 'users_referred_by_id_check', 'referred_by_id <> id');
