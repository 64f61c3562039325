-- drover: phase=expand
-- How the shop works with each supplier: thirteen columns. One that is there already must be the same.
DO $step$
DECLARE
  made constant text := '(made by drover: dropshipping)';
  wanted record;
  ours boolean;
  differences text[] := '{}';
  found text[];
BEGIN
  CREATE TEMP TABLE wanted_suppliers () ON COMMIT DROP;
  ours := coalesce(obj_description('public.suppliers'::regclass, 'pg_class') LIKE '%' || made, false);
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('integration_method', $$text NOT NULL DEFAULT 'manual' CONSTRAINT suppliers_integration_method_check
         CHECK (integration_method IN ('manual', 'api', 'csv', 'ftp', 'edi', 'email'))$$, 'How orders and stock go back and forth.'),
      ('api_base_url',       $$text$$, 'Where the supplier''s API begins.'),
      ('api_key_ref',        $$text$$, 'Where the secret store keeps the key. Never the key itself.'),
      ('feed_url',           $$text$$, 'Where the catalog feed is fetched.'),
      ('feed_format',        $$text CONSTRAINT suppliers_feed_format_check
         CHECK (feed_format IN ('csv', 'tsv', 'xml', 'json', 'xlsx'))$$, 'How the feed is written.'),
      ('feed_schedule',      $$text$$, 'When it is fetched, as cron writes it.'),
      ('last_feed_at',       $$timestamptz$$, 'When the application last took in a feed.'),
      ('order_email',        $$text$$, 'Where orders by mail go.'),
      ('lead_time_days',     $$integer CONSTRAINT suppliers_lead_time_days_check
         CHECK (lead_time_days >= 0)$$, 'Days until the supplier ships, where the catalog does not say.'),
      ('min_order_cents',    $$bigint CONSTRAINT suppliers_min_order_cents_check
         CHECK (min_order_cents >= 0)$$, 'The least that one order must be worth.'),
      ('ships_to',           $$text[] NOT NULL DEFAULT '{}'$$, 'Countries (ISO 3166, two letters). Empty: not known.'),
      ('return_policy',      $$text$$, 'What the supplier takes back, in words.'),
      ('integration_status', $$text NOT NULL DEFAULT 'inactive' CONSTRAINT suppliers_integration_status_check
         CHECK (integration_status IN ('inactive', 'testing', 'active', 'paused', 'failed'))$$, 'Whether orders may be sent.')
    ) AS v(name, definition, comment)
  LOOP
    IF EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = 'public.suppliers'::regclass AND attname = wanted.name AND NOT attisdropped) THEN
      EXECUTE format('ALTER TABLE pg_temp.wanted_suppliers ADD COLUMN %I %s', wanted.name, wanted.definition);
      CONTINUE;
    END IF;
    EXECUTE format('ALTER TABLE public.suppliers ADD COLUMN %I %s', wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON COLUMN public.suppliers.%I IS %L', wanted.name,
                   wanted.comment || CASE WHEN ours THEN '' ELSE ' ' || made END);
  END LOOP;
  WITH columns AS (
    SELECT attrelid, attname,
           concat_ws(' ', format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
                     'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) AS definition
    FROM pg_attribute a
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE attrelid IN ('public.suppliers'::regclass, 'pg_temp.wanted_suppliers'::regclass)
      AND attnum > 0 AND NOT attisdropped
  )
  SELECT array_agg(format('suppliers.%s is %s, wanted %s', w.attname, h.definition, w.definition) ORDER BY w.attname) INTO found
  FROM columns w
  JOIN columns h ON h.attrelid = 'public.suppliers'::regclass AND h.attname = w.attname
  WHERE w.attrelid = 'pg_temp.wanted_suppliers'::regclass AND h.definition <> w.definition;
  differences := differences || found;
  SELECT array_agg(format('suppliers lacks %s', pg_get_constraintdef(w.oid)) ORDER BY w.conname) INTO found
  FROM pg_constraint w
  WHERE w.conrelid = 'pg_temp.wanted_suppliers'::regclass
    AND NOT EXISTS (SELECT FROM pg_constraint h
                    WHERE h.conrelid = 'public.suppliers'::regclass
                      AND replace(pg_get_constraintdef(h.oid), ' NOT VALID', '') = pg_get_constraintdef(w.oid));
  differences := differences || found;
  IF differences <> '{}' THEN
    RAISE EXCEPTION 'columns of suppliers are there already, but not as this job makes them: %', array_to_string(differences, '; ')
      USING HINT = 'Change them so, or drop them, then run again.';
  END IF;
END
$step$;
