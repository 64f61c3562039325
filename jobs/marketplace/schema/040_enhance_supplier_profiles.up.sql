-- drover: phase=expand
-- Supplier profiles: owner, papers, warehouses, contacts, tier, team, payment, shipping, suspension.
CALL marketplace_steps.add_columns('040_enhance_supplier_profiles', 'supplier_profiles',
  'owner_user_id bigint',
  'company_registration_number text',
  'pan_number text',
  'cin_number text',
  'business_type text',
  'business_category text',
  'warehouse_addresses jsonb NOT NULL DEFAULT ''[]''',
  'contact_email text',
  'contact_phone text',
  'support_email text',
  'support_phone text',
  'verification_documents jsonb NOT NULL DEFAULT ''[]''',
  'supplier_tier text NOT NULL DEFAULT ''basic''',
  'tier_upgraded_at timestamptz',
  'max_users integer NOT NULL DEFAULT 1',
  'allow_invites boolean NOT NULL DEFAULT false',
  'invite_code text',
  'active_products_count integer NOT NULL DEFAULT 0',
  'total_reviews_count integer NOT NULL DEFAULT 0',
  'bank_branch text',
  'account_holder_name text',
  'upi_id text',
  'payment_cycle text NOT NULL DEFAULT ''monthly''',
  'handling_time_days integer NOT NULL DEFAULT 2',
  'shipping_zones jsonb NOT NULL DEFAULT ''[]''',
  'free_shipping_above numeric(12,2)',
  'is_active boolean NOT NULL DEFAULT true',
  'is_suspended boolean NOT NULL DEFAULT false',
  'suspended_reason text',
  'suspended_at timestamptz');
CALL marketplace_steps.add_check('040_enhance_supplier_profiles', 'supplier_profiles', 'supplier_profiles_supplier_tier_check', 'supplier_tier IN (''basic'', ''verified'', ''premium'', ''partner'')');
CALL marketplace_steps.add_check('040_enhance_supplier_profiles', 'supplier_profiles', 'supplier_profiles_payment_cycle_check', 'payment_cycle IN (''weekly'', ''biweekly'', ''monthly'')');
CALL marketplace_steps.add_check('040_enhance_supplier_profiles', 'supplier_profiles', 'supplier_profiles_max_users_check', 'max_users >= 1');
CALL marketplace_steps.add_check('040_enhance_supplier_profiles', 'supplier_profiles', 'supplier_profiles_handling_time_days_check', 'handling_time_days >= 0');
CALL marketplace_steps.add_check('040_enhance_supplier_profiles', 'supplier_profiles', 'supplier_profiles_free_shipping_above_check', 'free_shipping_above >= 0');
