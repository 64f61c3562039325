-- drover: phase=expand
-- Version 5 uuids for the triggers: what they log gets the id that a later run of this job would give it.
-- Harmless when run twice.
DO $step$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'uuid-ossp') THEN
    CREATE EXTENSION "uuid-ossp";
    COMMENT ON EXTENSION "uuid-ossp" IS 'generate universally unique identifiers (UUIDs) (made by drover: bookings)';
  END IF;
END
$step$;
