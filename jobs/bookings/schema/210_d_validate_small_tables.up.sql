-- drover: phase=index
-- Validates the foreign keys of refunds, payment_events and user_notes; readers and writers go on meanwhile.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT conrelid::regclass AS relation, conname
    FROM pg_constraint
    WHERE contype = 'f' AND NOT convalidated AND conrelid IN ('public.refunds'::regclass, 'public.payment_events'::regclass, 'public.user_notes'::regclass)
      AND obj_description(oid, 'pg_constraint') LIKE '%(made by drover: bookings)'
  LOOP
    EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', ours.relation, ours.conname);
  END LOOP;
END
$step$;
