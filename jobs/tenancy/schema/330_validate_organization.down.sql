-- Nothing to take back here: the checks go with 320.
DO $step$ BEGIN END $step$;
