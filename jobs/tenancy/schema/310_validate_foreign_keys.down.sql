-- Nothing to take back here: the constraints go with 300_foreign_keys.
DO $step$ BEGIN END $step$;
