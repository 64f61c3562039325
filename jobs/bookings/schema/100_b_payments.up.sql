-- drover: phase=index
-- Key, indexes and check of payments, built once the rows are there. What exists already is kept.
-- A payment is found by its booking, so the reference needs no index of its own: the id is made of it.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
  payments constant regclass := 'public.payments'::regclass;
BEGIN
  -- Where the table was there before, with another primary key or an id that may be NULL, id gets a unique index.
  IF NOT EXISTS (SELECT
                 FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                 WHERE i.indrelid = 'public.payments'::regclass AND a.attname = 'id'
                   AND i.indisunique AND i.indimmediate AND i.indnkeyatts = 1 AND i.indpred IS NULL) THEN
    IF EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = 'public.payments'::regclass AND attname = 'id' AND attnotnull)
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'public.payments'::regclass AND contype = 'p') THEN
      ALTER TABLE public.payments ADD CONSTRAINT payments_pkey PRIMARY KEY (id);
      EXECUTE format('COMMENT ON CONSTRAINT payments_pkey ON public.payments IS %L', made);
    ELSE
      CREATE UNIQUE INDEX idx_payments_id ON public.payments (id);
      EXECUTE format('COMMENT ON INDEX public.idx_payments_id IS %L', made);
    END IF;
  END IF;
  IF to_regclass('public.idx_payments_booking_id') IS NULL THEN
    CREATE INDEX idx_payments_booking_id ON public.payments (booking_id);
    EXECUTE format('COMMENT ON INDEX public.idx_payments_booking_id IS %L', made);
  END IF;
  IF to_regclass('public.idx_payments_user_id') IS NULL THEN
    CREATE INDEX idx_payments_user_id ON public.payments (user_id);
    EXECUTE format('COMMENT ON INDEX public.idx_payments_user_id IS %L', made);
  END IF;
  IF to_regclass('public.idx_payments_provider_payment_id') IS NULL THEN
    CREATE UNIQUE INDEX idx_payments_provider_payment_id ON public.payments (provider_payment_id)
      WHERE provider_payment_id IS NOT NULL;
    EXECUTE format('COMMENT ON INDEX public.idx_payments_provider_payment_id IS %L', made);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = payments AND conname = 'payments_status_check') THEN
    ALTER TABLE public.payments ADD CONSTRAINT payments_status_check
      CHECK (status IN ('pending', 'succeeded', 'failed', 'cancelled', 'refunded', 'partially_refunded'));
    EXECUTE format('COMMENT ON CONSTRAINT payments_status_check ON public.payments IS %L', made);
  END IF;
END
$step$;
