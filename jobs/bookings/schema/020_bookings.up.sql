-- drover: phase=expand
-- The legacy table, where the target is a database of its own; and the link to the user.
-- Harmless when run twice.
DO $step$
BEGIN
  IF to_regclass('public.bookings') IS NULL THEN
    CREATE TABLE public.bookings (
      id                 bigint PRIMARY KEY,
      "bookingReference" text NOT NULL UNIQUE,
      "contactDetails"   jsonb,
      status             text NOT NULL,
      "finalAmount"      numeric(12,2),
      "paymentDate"      timestamptz,
      "paymentMethod"    text,
      "createdAt"        timestamptz NOT NULL,
      notes              text
    );
    COMMENT ON TABLE public.bookings IS 'One row a booking, as the legacy database has it. (made by drover: bookings)';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_attribute
                 WHERE attrelid = 'public.bookings'::regclass AND attname = 'user_id' AND NOT attisdropped) THEN
    ALTER TABLE public.bookings ADD COLUMN user_id uuid;
    COMMENT ON COLUMN public.bookings.user_id IS
      'Who booked; NULL where the contact has no usable address. (made by drover: bookings)';
  END IF;
END
$step$;
