-- No row refers to a row of another organization: every foreign key that the catalog knows between tables of organizations.
-- drover: severity=error
WITH tables AS (
  SELECT attrelid AS relation FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  WHERE attname = 'organization_id' AND NOT attisdropped AND relkind IN ('r', 'p') AND NOT relispartition
),
keys AS (
  SELECT f.conname, f.conrelid::regclass AS relation, f.confrelid::regclass AS refers_to,
         (SELECT string_agg(format('a.%I = b.%I', here.attname, there.attname), ' AND ')
          FROM unnest(f.conkey, f.confkey) AS pair(here, there)
          JOIN pg_attribute here ON here.attrelid = f.conrelid AND here.attnum = pair.here
          JOIN pg_attribute there ON there.attrelid = f.confrelid AND there.attnum = pair.there
          WHERE here.attname <> 'organization_id') AS pairs
  FROM pg_constraint f
  WHERE f.contype = 'f' AND f.conparentid = 0
    AND f.conrelid IN (SELECT relation FROM tables) AND f.confrelid IN (SELECT relation FROM tables)
)
SELECT k.relation, k.conname AS foreign_key, found.id, found.organization_id, k.refers_to, found.other_organization_id
FROM keys k
CROSS JOIN LATERAL XMLTABLE('/table/row'
  PASSING query_to_xml(format(
    'SELECT to_jsonb(a) ->> ''id'' AS id, a.organization_id, b.organization_id AS other_organization_id
     FROM %s a JOIN %s b ON %s WHERE a.organization_id IS DISTINCT FROM b.organization_id LIMIT 1000',
    k.relation, k.refers_to, k.pairs), true, false, '')
  COLUMNS id text, organization_id bigint, other_organization_id bigint) found
WHERE k.pairs IS NOT NULL
