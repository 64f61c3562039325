-- drover: phase=index
-- The indexes behind the foreign keys of refunds, payment_events and user_notes.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_refunds_payment_id',        'refunds',        'payment_id'),
      ('idx_payment_events_payment_id', 'payment_events', 'payment_id'),
      ('idx_user_notes_user_id',        'user_notes',     'user_id')
    ) AS v(name, relation, key)
    WHERE to_regclass('public.' || name) IS NULL
  LOOP
    EXECUTE format('CREATE INDEX %I ON public.%I (%I)', wanted.name, wanted.relation, wanted.key);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, '(made by drover: bookings)');
  END LOOP;
END
$step$;
