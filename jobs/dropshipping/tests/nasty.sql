-- Small legacy data whose every row is a trap; the feeds that go with it are in nasty/. jobs/dropshipping/README.md explains
-- each row.
INSERT INTO suppliers (id, email, password_digest, created_at, updated_at) VALUES
  (1, 'north@example.com', '-', now(), now()),
  (2, 'SOUTH@example.com ', '-', now(), now());
INSERT INTO products (id, name, category_id, supplier_profile_id, status, created_at, updated_at)
VALUES (1, E'Lamp\n\\.\n"Pro", 50%', 1, 1, 1, now(), now());
INSERT INTO product_variants (id, product_id, sku, price, stock_quantity, created_at, updated_at)
SELECT id, 1, sku, 9.99, 0, now(), now()
FROM (VALUES
  (1, 'AB-1'),
  (2, ' ab - 2 '),
  (3, E'Ab\t-3\u00a0'),
  (4, 'twin'),
  (5, 'T W I N'),
  (6, 'Größe-6'),
  (7, 'STRASSE-7'),
  (8, 'İZ-8'),
  (9, 'ΟΔΟΣ'),
  (10, '👟-10'),
  (11, 'é-11'),
  (12, E'\\.'),
  (13, 'NULL'),
  (14, '"a;b,c"'),
  (15, E'two\nlines'),
  (16, ''),
  (17, '   '),
  (9223372036854775807, 'last')
) AS v(id, sku);
