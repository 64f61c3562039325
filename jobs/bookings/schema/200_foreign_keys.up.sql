-- drover: phase=index
-- Every foreign key, not yet validated: that takes a moment, and new rows are checked from here on.
-- None cascades: a user who has bookings, payments, notes or a history is not deleted by accident.
-- A column that refers to the same table already is left as it is.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('bookings',           'user_id',    'users'),
      ('payments',           'booking_id', 'bookings'),
      ('payments',           'user_id',    'users'),
      ('refunds',            'payment_id', 'payments'),
      ('payment_events',     'payment_id', 'payments'),
      ('user_activity_logs', 'user_id',    'users'),
      ('user_notes',         'user_id',    'users')
    ) AS v(relation, key, refers_to)
    WHERE NOT EXISTS (SELECT
                      FROM pg_constraint f
                      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
                      WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND a.attname = key
                        AND f.conrelid = to_regclass('public.' || relation)
                        AND f.confrelid = to_regclass('public.' || refers_to))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES public.%I (id) NOT VALID',
                   wanted.relation, wanted.relation || '_' || wanted.key || '_fkey', wanted.key, wanted.refers_to);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L',
                   wanted.relation || '_' || wanted.key || '_fkey', wanted.relation, '(made by drover: bookings)');
  END LOOP;
END
$step$;
