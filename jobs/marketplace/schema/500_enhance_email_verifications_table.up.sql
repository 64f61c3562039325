-- drover: phase=expand
-- Email verifications: whose, what for, how often tried, how long valid.
CALL marketplace_steps.add_columns('500_enhance_email_verifications_table', 'email_verifications',
  'user_id bigint',
  'purpose text NOT NULL DEFAULT ''sign_up''',
  'attempts integer NOT NULL DEFAULT 0',
  'expires_at timestamptz',
  'ip_address inet');
CALL marketplace_steps.add_check('500_enhance_email_verifications_table', 'email_verifications', 'email_verifications_purpose_check', 'purpose IN (''sign_up'', ''email_change'', ''password_reset'')');
CALL marketplace_steps.add_check('500_enhance_email_verifications_table', 'email_verifications', 'email_verifications_attempts_check', 'attempts >= 0');
