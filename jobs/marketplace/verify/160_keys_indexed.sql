-- Every foreign key of the shop's tables has an index, and no index is broken.
-- drover: severity=error
SELECT f.conrelid::regclass AS relation, f.conname AS name
FROM pg_constraint f
WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_index i
                  WHERE i.indrelid = f.conrelid AND i.indkey[0] = f.conkey[1] AND i.indpred IS NULL AND i.indisvalid)
UNION ALL
SELECT i.indrelid::regclass, c.relname
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisvalid
