-- drover: phase=index
-- Key, unique address and check of users, built once the rows are there. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: bookings)';
  users constant regclass := 'public.users'::regclass;
  email_column constant smallint :=
    (SELECT attnum FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND attname = 'email');
BEGIN
  -- Where the table was there before, with another primary key or an id that may be NULL, id gets a unique index.
  IF NOT EXISTS (SELECT
                 FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                 WHERE i.indrelid = 'public.users'::regclass AND a.attname = 'id'
                   AND i.indisunique AND i.indimmediate AND i.indnkeyatts = 1 AND i.indpred IS NULL) THEN
    IF EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = 'public.users'::regclass AND attname = 'id' AND attnotnull)
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'public.users'::regclass AND contype = 'p') THEN
      ALTER TABLE public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
      EXECUTE format('COMMENT ON CONSTRAINT users_pkey ON public.users IS %L', made);
    ELSE
      CREATE UNIQUE INDEX idx_users_id ON public.users (id);
      EXECUTE format('COMMENT ON INDEX public.idx_users_id IS %L', made);
    END IF;
  END IF;
  IF to_regclass('public.idx_users_email') IS NULL
     AND NOT EXISTS (SELECT FROM pg_index
                     WHERE indrelid = users AND indisunique AND indpred IS NULL AND indnkeyatts = 1
                       AND indkey[0] = email_column) THEN
    -- A B-tree entry holds 2,704 bytes. Should one address be longer, a hash index keeps them unique all the same.
    IF EXISTS (SELECT FROM public.users WHERE octet_length(email) > 2600) THEN
      ALTER TABLE public.users ADD CONSTRAINT idx_users_email EXCLUDE USING hash (email WITH =);
      EXECUTE format('COMMENT ON CONSTRAINT idx_users_email ON public.users IS %L', made);
    ELSE
      CREATE UNIQUE INDEX idx_users_email ON public.users (email);
      EXECUTE format('COMMENT ON INDEX public.idx_users_email IS %L', made);
    END IF;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = users AND conname = 'users_total_bookings_check') THEN
    ALTER TABLE public.users ADD CONSTRAINT users_total_bookings_check CHECK (total_bookings >= 0);
    EXECUTE format('COMMENT ON CONSTRAINT users_total_bookings_check ON public.users IS %L', made);
  END IF;
END
$step$;
