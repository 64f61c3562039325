-- drover: phase=expand
-- The plan's further columns of users, appointments and professionals.
-- A column that is there already is kept. Harmless when run twice.
DO $step$
DECLARE
  lacking record;
BEGIN
  FOR lacking IN
    SELECT relation, name, definition
    FROM (VALUES
      ('users',         'first_name',               'text'),
      ('users',         'last_name',                'text'),
      ('users',         'phone',                    'text'),
      ('appointments',  'duration_minutes',         'integer DEFAULT 60 CONSTRAINT chk_appointments_duration CHECK (duration_minutes > 0)'),
      ('appointments',  'confirmed_at',             'timestamptz'),
      ('appointments',  'executed_at',              'timestamptz'),
      ('appointments',  'cancelled_at',             'timestamptz'),
      ('appointments',  'cancellation_reason',      'text'),
      ('appointments',  'uses_credit',              'boolean DEFAULT false'),
      ('professionals', 'title',                    'text'),
      ('professionals', 'specialization',           'text CONSTRAINT chk_professionals_specialization CHECK (char_length(specialization) <= 255)'),
      ('professionals', 'bio',                      'text'),
      ('professionals', 'license_number',           'text'),
      ('professionals', 'weekly_schedule',          'jsonb DEFAULT ''{}'''),
      ('professionals', 'blocked_dates',            'jsonb DEFAULT ''[]'''),
      ('professionals', 'session_duration_minutes', 'integer DEFAULT 60 CONSTRAINT chk_professionals_session CHECK (session_duration_minutes > 0)'),
      ('professionals', 'buffer_minutes',           'integer DEFAULT 15 CONSTRAINT chk_professionals_buffer CHECK (buffer_minutes >= 0)'),
      ('professionals', 'accepts_new_clients',      'boolean DEFAULT true'),
      ('professionals', 'session_price_cents',      'integer CONSTRAINT chk_professionals_price CHECK (session_price_cents >= 0)'),
      ('professionals', 'currency',                 'text DEFAULT ''ARS''')
    ) AS wanted(relation, name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = to_regclass('public.' || relation) AND attname = name AND NOT attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD COLUMN %I %s', lacking.relation, lacking.name, lacking.definition);
    EXECUTE format('COMMENT ON COLUMN public.%I.%I IS %L', lacking.relation, lacking.name, '(made by drover: tenancy, 160)');
  END LOOP;
END
$step$;
