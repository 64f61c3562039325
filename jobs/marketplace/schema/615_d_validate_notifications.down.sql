-- Nothing to take back here: the foreign keys go with the step that made them.
DO $step$ BEGIN END $step$;
