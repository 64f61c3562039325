-- drover: phase=index
-- Key and index of user_activity_logs, built once the rows are there. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
BEGIN
  -- Where the table was there before, with another primary key or an id that may be NULL, id gets a unique index.
  IF NOT EXISTS (SELECT
                 FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                 WHERE i.indrelid = 'public.user_activity_logs'::regclass AND a.attname = 'id'
                   AND i.indisunique AND i.indimmediate AND i.indnkeyatts = 1 AND i.indpred IS NULL) THEN
    IF EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = 'public.user_activity_logs'::regclass AND attname = 'id' AND attnotnull)
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'public.user_activity_logs'::regclass AND contype = 'p') THEN
      ALTER TABLE public.user_activity_logs ADD CONSTRAINT user_activity_logs_pkey PRIMARY KEY (id);
      EXECUTE format('COMMENT ON CONSTRAINT user_activity_logs_pkey ON public.user_activity_logs IS %L', made);
    ELSE
      CREATE UNIQUE INDEX idx_user_activity_logs_id ON public.user_activity_logs (id);
      EXECUTE format('COMMENT ON INDEX public.idx_user_activity_logs_id IS %L', made);
    END IF;
  END IF;
  IF to_regclass('public.idx_user_activity_logs_user_id') IS NULL THEN
    CREATE INDEX idx_user_activity_logs_user_id ON public.user_activity_logs (user_id, occurred_at);
    EXECUTE format('COMMENT ON INDEX public.idx_user_activity_logs_user_id IS %L', made);
  END IF;
END
$step$;
