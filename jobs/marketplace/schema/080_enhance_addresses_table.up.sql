-- drover: phase=expand
-- Addresses: label, place, verification, what the courier should know.
CALL marketplace_steps.add_columns('080_enhance_addresses_table', 'addresses',
  'label text',
  'alternate_phone text',
  'landmark text',
  'latitude numeric(9,6)',
  'longitude numeric(9,6)',
  'pincode_id bigint',
  'is_verified boolean NOT NULL DEFAULT false',
  'verification_status text NOT NULL DEFAULT ''unverified''',
  'delivery_instructions text');
CALL marketplace_steps.add_check('080_enhance_addresses_table', 'addresses', 'addresses_latitude_check', 'latitude BETWEEN -90 AND 90');
CALL marketplace_steps.add_check('080_enhance_addresses_table', 'addresses', 'addresses_longitude_check', 'longitude BETWEEN -180 AND 180');
CALL marketplace_steps.add_check('080_enhance_addresses_table', 'addresses', 'addresses_verification_status_check', 'verification_status IN (''unverified'', ''pending'', ''verified'', ''failed'')');
