-- drover: phase=expand
-- What the way back needs. Schema marketplace_steps remembers what each step made, so that its way down takes away that and
-- nothing else: a table, column, index or constraint that was there before stays. It holds how many rows the tables had, and
-- later what the contract steps take away. The procedures are the steps' words; each is harmless when called twice.
CREATE SCHEMA marketplace_steps;
COMMENT ON SCHEMA marketplace_steps IS
  'The marketplace job: what its schema steps made, and what they took away. Goes with the way down of its first step.';

CREATE TABLE marketplace_steps.made (
  number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  step     text NOT NULL,
  kind     text NOT NULL CHECK (kind IN ('table', 'column', 'constraint', 'index', 'trigger')),
  relation text NOT NULL,
  name     text NOT NULL,
  UNIQUE (kind, relation, name)
);

CREATE TABLE marketplace_steps.row_counts (
  relation   text PRIMARY KEY,
  rows       bigint NOT NULL,
  counted_at timestamptz NOT NULL DEFAULT now()
);

DO $step$
DECLARE
  legacy text;
BEGIN
  FOREACH legacy IN ARRAY ARRAY[
    'users', 'suppliers', 'supplier_profiles', 'addresses', 'categories', 'brands', 'products', 'product_variants',
    'attribute_types', 'attribute_values', 'product_variant_attributes', 'product_images', 'orders', 'order_items',
    'reviews', 'return_requests', 'wishlists', 'wishlist_items', 'cart_items', 'admins', 'email_verifications']
  LOOP
    IF to_regclass('public.' || legacy) IS NOT NULL THEN
      EXECUTE format('INSERT INTO marketplace_steps.row_counts (relation, rows) SELECT %L, count(*) FROM public.%I', legacy, legacy);
    END IF;
  END LOOP;
END
$step$;

CREATE PROCEDURE marketplace_steps.note(step text, kind text, relation text, name text) LANGUAGE sql AS $$
  INSERT INTO marketplace_steps.made (step, kind, relation, name) VALUES (step, kind, relation, name) ON CONFLICT DO NOTHING
$$;

-- definitions: "name type ...", one a column; those that the table lacks are added, all by one ALTER TABLE.
CREATE PROCEDURE marketplace_steps.add_columns(step text, relation text, VARIADIC definitions text[]) LANGUAGE plpgsql AS $$
DECLARE
  lacking text[] := ARRAY(SELECT d FROM unnest(definitions) WITH ORDINALITY AS given(d, n)
                          WHERE NOT EXISTS (SELECT FROM pg_attribute
                                            WHERE attrelid = ('public.' || quote_ident(relation))::regclass
                                              AND attname = split_part(d, ' ', 1) AND NOT attisdropped)
                          ORDER BY n);
  definition text;
BEGIN
  IF cardinality(lacking) > 0 THEN
    EXECUTE format('ALTER TABLE public.%I ADD COLUMN %s', relation, array_to_string(lacking, ', ADD COLUMN '));
  END IF;
  FOREACH definition IN ARRAY lacking LOOP
    CALL marketplace_steps.note(step, 'column', relation, split_part(definition, ' ', 1));
  END LOOP;
END
$$;

-- definitions: of columns, and behind them of constraints (PRIMARY KEY, UNIQUE, CHECK). A table that is there gets the columns
-- that it lacks.
CREATE PROCEDURE marketplace_steps.add_table(step text, relation text, description text, VARIADIC definitions text[])
LANGUAGE plpgsql AS $$
DECLARE
  columns text[] := ARRAY(SELECT d FROM unnest(definitions) WITH ORDINALITY AS given(d, n)
                          WHERE d !~ '^(PRIMARY KEY|UNIQUE|CHECK)\M' ORDER BY n);
BEGIN
  IF to_regclass('public.' || quote_ident(relation)) IS NOT NULL THEN
    CALL marketplace_steps.add_columns(step, relation, VARIADIC columns);
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE public.%I (%s)', relation, array_to_string(definitions, ', '));
  EXECUTE format('COMMENT ON TABLE public.%I IS %L', relation, nullif(description, ''));
  CALL marketplace_steps.note(step, 'table', relation, '');
END
$$;

-- Not yet validated: rows that are written from here on are checked.
CREATE PROCEDURE marketplace_steps.add_check(step text, relation text, name text, condition text) LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint
                 WHERE conrelid = ('public.' || quote_ident(relation))::regclass AND conname = name) THEN
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I CHECK (%s) NOT VALID', relation, name, condition);
    CALL marketplace_steps.note(step, 'constraint', relation, name);
  END IF;
END
$$;

-- definition: "(column, ...) WHERE ...". For tables that nobody uses yet.
CREATE PROCEDURE marketplace_steps.add_index(step text, name text, relation text, definition text, is_unique boolean DEFAULT false)
LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('public.' || quote_ident(name)) IS NULL THEN
    EXECUTE format('CREATE %s INDEX %I ON public.%I %s', CASE WHEN is_unique THEN 'UNIQUE' ELSE '' END, name, relation, definition);
    CALL marketplace_steps.note(step, 'index', relation, name);
  END IF;
END
$$;

-- Before CREATE INDEX CONCURRENTLY IF NOT EXISTS: if the index is not there yet, it will be this step's.
CREATE PROCEDURE marketplace_steps.note_index(step text, name text, relation text) LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('public.' || quote_ident(name)) IS NULL THEN
    CALL marketplace_steps.note(step, 'index', relation, name);
  END IF;
END
$$;

-- wanted: {relation, column, relation that it refers to}, each; where there is no such foreign key. Not yet validated.
CREATE PROCEDURE marketplace_steps.add_foreign_keys(step text, wanted text[]) LANGUAGE plpgsql AS $$
DECLARE
  key text[];
  name text;
BEGIN
  FOREACH key SLICE 1 IN ARRAY wanted LOOP
    CONTINUE WHEN to_regclass('public.' || key[1]) IS NULL OR to_regclass('public.' || key[3]) IS NULL
      OR NOT EXISTS (SELECT FROM pg_attribute
                     WHERE attrelid = to_regclass('public.' || key[1]) AND attname = key[2] AND NOT attisdropped)
      OR EXISTS (SELECT FROM pg_constraint f
                 JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
                 WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND a.attname = key[2]
                   AND f.conrelid = to_regclass('public.' || key[1]) AND f.confrelid = to_regclass('public.' || key[3]));
    name := key[1] || '_' || key[2] || '_fkey';
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES public.%I (id) NOT VALID',
                   key[1], name, key[2], key[3]);
    CALL marketplace_steps.note(step, 'constraint', key[1], name);
  END LOOP;
END
$$;

-- The constraints of the table that this job made and that are not validated yet.
CREATE PROCEDURE marketplace_steps.validate(relation text) LANGUAGE plpgsql AS $$
DECLARE
  constraint_name text;
BEGIN
  FOR constraint_name IN
    SELECT c.conname
    FROM pg_constraint c
    JOIN marketplace_steps.made m ON m.kind = 'constraint' AND m.relation = validate.relation AND m.name = c.conname
    WHERE c.conrelid = to_regclass('public.' || quote_ident(validate.relation)) AND NOT c.convalidated
    ORDER BY c.conname
  LOOP
    EXECUTE format('ALTER TABLE public.%I VALIDATE CONSTRAINT %I', validate.relation, constraint_name);
  END LOOP;
END
$$;

-- The way back of validate, for checks: foreign keys go with the step that made them.
CREATE PROCEDURE marketplace_steps.unvalidate(relation text) LANGUAGE plpgsql AS $$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT c.conname, pg_get_constraintdef(c.oid) AS definition
    FROM pg_constraint c
    JOIN marketplace_steps.made m ON m.kind = 'constraint' AND m.relation = unvalidate.relation AND m.name = c.conname
    WHERE c.conrelid = to_regclass('public.' || quote_ident(unvalidate.relation)) AND c.convalidated AND c.contype = 'c'
    ORDER BY c.conname
  LOOP
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT %I, ADD CONSTRAINT %I %s NOT VALID',
                   unvalidate.relation, ours.conname, ours.conname, ours.definition);
  END LOOP;
END
$$;

-- Takes away what the step made, the last first. What went together with something else is not missed.
CREATE PROCEDURE marketplace_steps.take_back(step text) LANGUAGE plpgsql AS $$
DECLARE
  ours record;
BEGIN
  FOR ours IN SELECT * FROM marketplace_steps.made m WHERE m.step = take_back.step ORDER BY m.number DESC LOOP
    CASE ours.kind
      WHEN 'table' THEN EXECUTE format('DROP TABLE IF EXISTS public.%I', ours.relation);
      WHEN 'column' THEN EXECUTE format('ALTER TABLE IF EXISTS public.%I DROP COLUMN IF EXISTS %I', ours.relation, ours.name);
      WHEN 'constraint' THEN EXECUTE format('ALTER TABLE IF EXISTS public.%I DROP CONSTRAINT IF EXISTS %I', ours.relation, ours.name);
      WHEN 'index' THEN EXECUTE format('DROP INDEX IF EXISTS public.%I', ours.name);
      WHEN 'trigger' THEN EXECUTE format('DROP TRIGGER IF EXISTS %I ON public.%I', ours.name, ours.relation);
    END CASE;
  END LOOP;
  DELETE FROM marketplace_steps.made m WHERE m.step = take_back.step;
END
$$;

-- Moves the table's last column behind another one: every column between them is made anew, with its values, default, constraints,
-- indexes and comment. It rewrites the table, and is meant for the way back of a small one.
CREATE PROCEDURE marketplace_steps.place_column(relation text, moved text, behind text) LANGUAGE plpgsql AS $$
DECLARE
  place constant regclass := ('public.' || quote_ident(relation))::regclass;
  after constant smallint := (SELECT attnum FROM pg_attribute WHERE attrelid = place AND attname = behind);
  moving constant smallint[] := ARRAY(SELECT attnum FROM pg_attribute
                                      WHERE attrelid = place AND attnum > after AND NOT attisdropped AND attname <> moved);
  rebuild text[];
  one record;
  statement text;
BEGIN
  rebuild := ARRAY(SELECT pg_get_indexdef(indexrelid) FROM pg_index i
                   WHERE indrelid = place AND indkey::smallint[] && moving
                     AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND conrelid = place))
             || ARRAY(SELECT format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', relation, conname, pg_get_constraintdef(oid))
                      FROM pg_constraint WHERE conrelid = place AND conkey && moving)
             || ARRAY(SELECT format('COMMENT ON COLUMN public.%I.%I IS %L', relation, attname, col_description(place, attnum))
                      FROM pg_attribute WHERE attrelid = place AND attnum = ANY (moving) AND col_description(place, attnum) IS NOT NULL);
  FOR one IN
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
           pg_get_expr(d.adbin, d.adrelid) AS fallback
    FROM pg_attribute a
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = place AND a.attnum = ANY (moving)
    ORDER BY a.attnum
  LOOP
    EXECUTE format('ALTER TABLE public.%I RENAME COLUMN %I TO moving_away', relation, one.name);
    EXECUTE format('ALTER TABLE public.%I ADD COLUMN %I %s %s', relation, one.name, one.type, 'DEFAULT ' || one.fallback);
    EXECUTE format('UPDATE public.%I SET %I = moving_away', relation, one.name);
    EXECUTE format('ALTER TABLE public.%I DROP COLUMN moving_away', relation);
    IF one.required THEN
      EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET NOT NULL', relation, one.name);
    END IF;
  END LOOP;
  FOREACH statement IN ARRAY rebuild LOOP
    EXECUTE statement;
  END LOOP;
END
$$;

-- A supplier without a user is somebody who could not sign in any more, with nobody to own the profile.
CREATE PROCEDURE marketplace_steps.refuse_while_suppliers_lack_users() LANGUAGE plpgsql AS $$
DECLARE
  lacking bigint;
  first_ids text;
BEGIN
  SELECT count(*), string_agg(id::text, ', ' ORDER BY id) FILTER (WHERE n <= 10) INTO lacking, first_ids
  FROM (SELECT s.id, row_number() OVER (ORDER BY s.id) AS n
        FROM public.suppliers s
        WHERE btrim(s.email) = ''
           OR NOT EXISTS (SELECT FROM public.users u
                          WHERE lower(btrim(u.email) COLLATE "und-x-icu") = lower(btrim(s.email) COLLATE "und-x-icu")
                            AND u.role IN ('supplier', 'admin'))) s;
  IF lacking > 0 THEN
    RAISE EXCEPTION '% suppliers have no user: %', lacking, first_ids
      USING HINT = 'Give each an email of its own, or delete it with its profiles, then run the job again.';
  END IF;
END
$$;
