-- Nothing to take back: the rules go with their table where this job made it. In one that was there before they stay, as prices
-- may have been made by them since.
DO $step$ BEGIN END $step$;
