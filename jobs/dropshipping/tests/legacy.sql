-- The part of the shop that dropshipping builds on, as it stands in production: who supplies, what is sold, what was ordered.
-- What these tables refer to in the rest of the shop plays no part.
CREATE TABLE suppliers (
  id bigint PRIMARY KEY, email text NOT NULL, first_name text, last_name text, phone text,
  role text,
  password_digest text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE products (
  id bigint PRIMARY KEY, name text NOT NULL, description text, category_id bigint NOT NULL,
  brand_id bigint, supplier_profile_id bigint NOT NULL,
  status integer NOT NULL,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE product_variants (
  id bigint PRIMARY KEY, product_id bigint NOT NULL REFERENCES products, sku text NOT NULL,
  price numeric(10,2) NOT NULL, discounted_price numeric(10,2), stock_quantity integer NOT NULL,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE orders (
  id bigint PRIMARY KEY, user_id bigint NOT NULL, status integer NOT NULL,
  total_amount numeric(12,2) NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
