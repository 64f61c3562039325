-- Every table of organizations, and every table that refers to one, has organization_id, and it may not be NULL.
-- drover: severity=error
WITH tables AS (
  SELECT attrelid FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  WHERE attname = 'organization_id' AND NOT attisdropped AND relkind IN ('r', 'p')
  UNION
  SELECT conrelid FROM pg_constraint
  WHERE contype = 'f' AND confrelid IN (SELECT attrelid FROM pg_attribute WHERE attname = 'organization_id' AND NOT attisdropped)
)
SELECT t.attrelid::regclass AS relation, a.attname AS column_found
FROM tables t
LEFT JOIN pg_attribute a ON a.attrelid = t.attrelid AND a.attname = 'organization_id' AND NOT a.attisdropped
WHERE a.attnotnull IS NOT TRUE
