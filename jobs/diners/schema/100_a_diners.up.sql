-- drover: phase=index
-- Key and unique address of diners, built once the rows are there. What exists already is kept.
DO $step$
DECLARE
  made constant text := '(made by drover: diners)';
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('diners', 'diners_pkey', 'PRIMARY KEY (id)')
    ) AS v(relation, name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_constraint
                      WHERE conrelid = to_regclass('public.' || relation)
                        AND (conname = name OR contype = 'p' AND definition LIKE 'PRIMARY KEY%'))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', wanted.relation, wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L', wanted.name, wanted.relation, made);
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
