-- Every foreign key and check of the shop's tables has been validated: no orphan, no value that is not allowed.
-- drover: severity=error
SELECT conrelid::regclass AS relation, conname AS constraint_name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'c') AND NOT convalidated
