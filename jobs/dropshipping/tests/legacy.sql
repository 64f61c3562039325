-- The part of the shop that dropshipping builds on, as it stands in production: who supplies, what is sold, what was ordered.
CREATE TABLE users (
  id bigint PRIMARY KEY, email text NOT NULL, first_name text, last_name text, phone text,
  role text NOT NULL DEFAULT 'customer',
  password_digest text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE suppliers (
  id bigint PRIMARY KEY, email text NOT NULL, first_name text, last_name text, phone text,
  role text,
  password_digest text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE supplier_profiles (
  id bigint PRIMARY KEY, supplier_id bigint REFERENCES suppliers, user_id bigint REFERENCES users,
  company_name text NOT NULL, gst_number text, description text, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE categories (
  id bigint PRIMARY KEY, name text NOT NULL, parent_id bigint REFERENCES categories, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE brands (
  id bigint PRIMARY KEY, name text NOT NULL, logo_url text, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE products (
  id bigint PRIMARY KEY, name text NOT NULL, description text, category_id bigint NOT NULL REFERENCES categories,
  brand_id bigint REFERENCES brands, supplier_profile_id bigint NOT NULL REFERENCES supplier_profiles,
  status integer NOT NULL,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE product_variants (
  id bigint PRIMARY KEY, product_id bigint NOT NULL REFERENCES products, sku text NOT NULL,
  price numeric(10,2) NOT NULL, discounted_price numeric(10,2), stock_quantity integer NOT NULL,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE orders (
  id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, status integer NOT NULL,
  total_amount numeric(12,2) NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
