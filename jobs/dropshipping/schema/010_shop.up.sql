-- drover: phase=expand
-- The shop's tables that this job builds on, where the target is a database of its own; else they are left as they are.
CREATE TEMP TABLE there ON COMMIT DROP AS
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace;

CREATE TABLE IF NOT EXISTS public.suppliers (
  id              bigint PRIMARY KEY,
  email           text NOT NULL,
  first_name      text,
  last_name       text,
  phone           text,
  role            text,
  password_digest text NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS public.products (
  id                  bigint PRIMARY KEY,
  name                text NOT NULL,
  description         text,
  category_id         bigint NOT NULL,
  brand_id            bigint,
  supplier_profile_id bigint NOT NULL,
  status              integer NOT NULL,
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS public.product_variants (
  id               bigint PRIMARY KEY,
  product_id       bigint NOT NULL,
  sku              text NOT NULL,
  price            numeric(10,2) NOT NULL,
  discounted_price numeric(10,2),
  stock_quantity   integer NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS public.orders (
  id           bigint PRIMARY KEY,
  user_id      bigint NOT NULL,
  status       integer NOT NULL,
  total_amount numeric(12,2) NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL
);

-- What was made here carries the mark by which the way down knows it.
DO $step$
DECLARE
  ours record;
BEGIN
  FOR ours IN
    SELECT relation, comment
    FROM (VALUES
      ('suppliers',        'Who delivers, as the legacy database has it.'),
      ('products',         'What is sold, as the legacy database has it.'),
      ('product_variants', 'A product in one size or colour, as the legacy database has it.'),
      ('orders',           'What customers ordered, as the legacy database has it.')
    ) AS shop(relation, comment)
    WHERE relation NOT IN (SELECT relname FROM there)
  LOOP
    EXECUTE format('COMMENT ON TABLE public.%I IS %L', ours.relation, ours.comment || ' (made by drover: dropshipping)');
  END LOOP;
END
$step$;
