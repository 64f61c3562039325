-- A unique index that is whole keeps the slugs of categories, brands and products apart.
-- drover: severity=error
SELECT relation
FROM unnest(ARRAY['categories', 'brands', 'products']) AS wanted(relation)
WHERE NOT EXISTS (SELECT
                  FROM pg_index i
                  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                  WHERE i.indrelid = to_regclass('public.' || relation) AND a.attname = 'slug'
                    AND i.indnkeyatts = 1 AND i.indpred IS NULL AND i.indisvalid AND (i.indisunique OR i.indisexclusion))
