-- drover: phase=index
-- Key and unique address of diners, built once the rows are there. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  -- Only for tables and columns of this job: one that was there before may hold what these do not know.
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('diners', 'id', 'diners_pkey', 'PRIMARY KEY (id)')
    ) AS v(relation, "column", name, definition)
    WHERE (obj_description(to_regclass('public.' || relation), 'pg_class') LIKE '%' || made
           OR EXISTS (SELECT FROM pg_attribute
                      WHERE attrelid = to_regclass('public.' || relation) AND attname = "column"
                        AND col_description(attrelid, attnum) LIKE '%' || made))
      AND NOT EXISTS (SELECT FROM pg_constraint
                      WHERE conrelid = to_regclass('public.' || relation)
                        AND (conname = name OR contype = 'p' AND definition LIKE 'PRIMARY KEY%'))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', wanted.relation, wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L', wanted.name, wanted.relation, made);
  END LOOP;
  -- None where an index answers for it already: the table's key, or one that was there before.
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_diners_id', 'UNIQUE', 'diners', '(id)')
    ) AS v(name, uniqueness, relation, key)
    WHERE to_regclass('public.' || name) IS NULL
      AND NOT EXISTS (SELECT
                      FROM pg_index
                      WHERE indrelid = to_regclass('public.' || relation) AND indpred IS NULL AND indisvalid
                        AND (indisunique OR uniqueness = '')
                        AND split_part(pg_get_indexdef(indexrelid), ' USING btree ', 2) = key)
  LOOP
    EXECUTE format('CREATE %s INDEX %I ON public.%I %s', wanted.uniqueness, wanted.name, wanted.relation, wanted.key);
    EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, made);
  END LOOP;
  IF to_regclass('public.idx_diners_email') IS NULL
     AND NOT EXISTS (SELECT
                     FROM pg_index i
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                     WHERE i.indrelid = 'public.diners'::regclass AND i.indisunique AND i.indpred IS NULL
                       AND i.indnkeyatts = 1 AND a.attname = 'email') THEN
    -- A B-tree entry holds 2,704 bytes. Should one address be longer, a hash index keeps them unique all the same.
    IF EXISTS (SELECT FROM public.diners WHERE octet_length(email) > 2600) THEN
      ALTER TABLE public.diners ADD CONSTRAINT idx_diners_email EXCLUDE USING hash (email WITH =);
      EXECUTE format('COMMENT ON CONSTRAINT idx_diners_email ON public.diners IS %L', made);
    ELSE
      CREATE UNIQUE INDEX idx_diners_email ON public.diners (email);
      EXECUTE format('COMMENT ON INDEX public.idx_diners_email IS %L', made);
    END IF;
  END IF;
END
$step$;
