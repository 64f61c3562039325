-- A small legacy shop, every row a trap. README.md says what must come of each.
INSERT INTO users (id, email, first_name, last_name, phone, role, password_digest, created_at, updated_at) VALUES
  (3,  'ann@example.com',       'Ann',  'Lu',  '1',  'customer', 'u3',  '2020-01-01+00', '2020-01-01+00'),
  (5,  ' ANN@Example.com ',     'Anna', NULL,  NULL, 'customer', 'u5',  '2019-01-01+00', '2019-01-01+00'),
  (7,  'boss@example.com',      'Boss', 'Ba',  NULL, 'admin',    'u7',  '2018-01-01+00', '2018-01-01+00'),
  (9,  'İLKİN@example.com',     'İlkın', '',   '  ', 'customer', 'u9',  '2020-01-01+00', '2020-01-01+00'),
  (11, E'tab@example.com\t',    'Tab',  'Ta',  NULL, 'customer', 'u11', '2020-01-01+00', '2020-01-01+00'),
  (13, 'already@example.com',   'Al',   'Re',  NULL, 'supplier', 'u13', '2020-01-01+00', '2020-01-01+00'),
  (15, '',                      'No',   'Email', NULL, 'customer', 'u15', '2020-01-01+00', '2020-01-01+00'),
  (40, E'line\n\\.\nend@example.com', E'\\.', E'a,"b"\t', '🎉', 'Customer', 'u40', 'infinity', '-infinity');
INSERT INTO suppliers (id, email, first_name, last_name, phone, role, password_digest, created_at, updated_at) VALUES
  (1,  'ann@EXAMPLE.com',       'Other', 'Name', '9',  'verified_supplier', 's1',  '2020-01-01+00', '2020-01-01+00'),
  (2,  'Zoe@example.com',       'Zoe',   ' ',    NULL, 'supplier',          's2',  '2020-03-01+00', '2021-01-01+00'),
  (4,  ' zoe@example.com',      '',      'Old',  '4',  'premium_supplier',  's4',  '2020-02-01+00', '2021-01-01+00'),
  (6,  'ZOE@EXAMPLE.COM ',      '  ',    'New',  '',   'partner',           's6',  '2020-02-01+00', '2021-06-01+00'),
  (8,  'Boss@Example.com',      'Boss',  'Ba',   NULL, 'partner',           's8',  '2020-01-01+00', '2020-01-01+00'),
  (10, 'i̇lki̇n@example.com',     'İlkın', NULL,   NULL, NULL,                's10', '2020-01-01+00', '2020-01-01+00'),
  (12, 'ilkin@example.com',     'ilkin', NULL,   NULL, 'wholesaler',        's12', '2020-01-01+00', '2020-01-01+00'),
  (14, 'tab@example.com',       'Tab',   'Ta',   NULL, 'PARTNER',           's14', '2020-01-01+00', '2020-01-01+00'),
  (16, 'already@example.com',   'Al',    'Re',   NULL, '',                  's16', '2020-01-01+00', '2020-01-01+00'),
  (18, 'GROẞL@example.com',     'Groß',  NULL,   NULL, 'supplier',          's18', '2020-01-01+00', '2020-01-01+00'),
  (20, 'großl@example.com',     NULL,    'ẞ',    NULL, 'supplier',          's20', '2020-01-01+00', '2020-01-01+00'),
  (22, '',                      'Blank', NULL,   '22', 'supplier',          's22', '2020-01-01+00', '2020-01-01+00'),
  (24, '   ',                   'Blank', NULL,   '24', 'partner',           's24', '2020-01-01+00', '2020-01-01+00'),
  (26, E'\t',                   'A tab', NULL,   NULL, 'supplier',          's26', '2020-01-01+00', '2020-01-01+00');
-- Emails and an article number that no B-tree holds, and that do not compress.
INSERT INTO users (id, email, role, password_digest, created_at, updated_at)
SELECT 17, upper(string_agg(md5(n::text), '')) || '@example.com', 'customer', 'u17', '2020-01-01+00', '2020-01-01+00'
FROM generate_series(1, 300) n;
INSERT INTO suppliers (id, email, first_name, role, password_digest, created_at, updated_at)
SELECT 28, string_agg(md5(n::text), '') || '@example.com', 'Long', 'partner', 's28', '2020-01-01+00', '2020-01-01+00'
FROM generate_series(1, 300) n;
INSERT INTO supplier_profiles (id, supplier_id, user_id, company_name, created_at, updated_at) VALUES
  (1, 1,    NULL, 'Ann Ltd',            '2020-01-01+00', '2020-01-01+00'),
  (2, 6,    3,    'Zoe, "Inc."',        '2020-01-01+00', '2020-01-01+00'),
  (3, 2,    NULL, E'Zoe\n\\.\nagain',   '2020-01-01+00', '2020-01-01+00'),
  (4, 8,    NULL, 'Boss',               '2020-01-01+00', '2020-01-01+00'),
  (5, 10,   NULL, 'İlkın',              '2020-01-01+00', '2020-01-01+00'),
  (6, 12,   NULL, '',                   '2020-01-01+00', '2020-01-01+00'),
  (7, 22,   3,    'Blank with a user',  '2020-01-01+00', '2020-01-01+00'),
  (8, 24,   NULL, 'Blank without',      '2020-01-01+00', '2020-01-01+00'),
  (9, NULL, 11,   'A user''s own',      '2020-01-01+00', '2020-01-01+00'),
  (10, NULL, NULL, 'Nobody''s',         '2020-01-01+00', '2020-01-01+00'),
  (11, 14,  NULL, 'Tab',                '2020-01-01+00', '2020-01-01+00'),
  (12, 16,  NULL, 'Already',            '2020-01-01+00', '2020-01-01+00');
INSERT INTO addresses (id, user_id, full_name, address_line1, city, created_at, updated_at) VALUES
  (1, 3, 'Ann', E'1, "The" Street\nback', 'Tosel', '2020-01-01+00', '2020-01-01+00');
INSERT INTO categories (id, name, parent_id, created_at, updated_at) VALUES
  (9,  ' FASHION! ',       NULL, '2020-01-01+00', '2020-01-01+00'),
  (8,  'Shoes',            9,    '2020-01-01+00', '2020-01-01+00'),
  (10, 'shoes',            9,    '2020-01-01+00', '2020-01-01+00'),
  (11, 'Shoes 2',          8,    '2020-01-01+00', '2020-01-01+00'),
  (12, 'SHOES --- 2',      8,    '2020-01-01+00', '2020-01-01+00'),
  (13, '小物',             NULL, '2020-01-01+00', '2020-01-01+00'),
  (14, '',                 13,   '2020-01-01+00', '2020-01-01+00'),
  (15, 'item',             13,   '2020-01-01+00', '2020-01-01+00'),
  (20, 'Himself',          20,   '2020-01-01+00', '2020-01-01+00'),
  (21, 'Hen',              22,   '2020-01-01+00', '2020-01-01+00'),
  (22, 'Egg',              21,   '2020-01-01+00', '2020-01-01+00'),
  (23, 'Chick',            21,   '2020-01-01+00', '2020-01-01+00'),
  (24, 'Home',             NULL, '2020-01-01+00', '2020-01-01+00'),
  (25, 'Home & Garden',    NULL, '2020-01-01+00', '2020-01-01+00');
INSERT INTO brands (id, name, created_at, updated_at) VALUES
  (1, 'Nuvar', '2020-01-01+00', '2020-01-01+00'), (2, 'NUVAR', '2020-01-01+00', '2020-01-01+00'),
  (3, 'nuvar--2', '2020-01-01+00', '2020-01-01+00'), (4, '👟', '2020-01-01+00', '2020-01-01+00'),
  (5, 'Ærø Œuvre Þór ðel Łódź', '2020-01-01+00', '2020-01-01+00'), (6, 'ﬁne Ⅻ ½', '2020-01-01+00', '2020-01-01+00');
INSERT INTO products (id, name, description, category_id, brand_id, supplier_profile_id, status, created_at, updated_at)
SELECT v.id, v.name, v.description, v.category_id, v.brand_id, v.profile_id, v.status, '2021-05-05+00', '2021-05-06+00'
FROM (VALUES
  (1,  'Lamp',                'x',              24, 1,    1,  1),
  (2,  'LAMP',                NULL,             25, 2,    2,  0),
  (3,  ' lamp ',              '',               8,  NULL, 3,  2),
  (4,  'lamp--2',             E'\\.',           10, 3,    4,  3),
  (5,  'Lamp 2',              E'a\tb',          11, 3,    5,  1),
  (6,  '',                    NULL,             13, 4,    6,  1),
  (7,  '👟👟',                NULL,             14, 4,    7,  1),
  (8,  'item',                NULL,             15, 4,    9,  1),
  (9,  'Größe Çay ılık İĞ',   NULL,             20, 5,    1,  1),
  (10, E'e\u0301t\u00e9 \u0041\u030a', NULL,    23, 5,    1,  1),
  (11, 'ΑΣ ς',                NULL,             24, 6,    1,  1),
  (12, E'line\n\\.\nend',     E'\\.\n',         24, 6,    1,  1),
  (13, 'No such status',      NULL,             24, 1,    1,  4),
  (14, 'Lamp',                NULL,             24, 1,    1,  -1),
  (15, 'lamp',                NULL,             24, 1,    1,  2147483647),
  (16, repeat('Very long ', 400), NULL,         24, 1,    1,  1),
  (17, '½ ﬁne Ⅻ №5',          NULL,             24, 1,    10, 0)
) AS v(id, name, description, category_id, brand_id, profile_id, status);
-- A name that no B-tree holds, and that does not compress.
INSERT INTO products (id, name, category_id, supplier_profile_id, status, created_at, updated_at)
SELECT 18, string_agg(md5(n::text), ''), 24, 1, 1, '2021-05-05+00', '2021-05-05+00' FROM generate_series(1, 3000) n;
INSERT INTO product_variants (id, product_id, sku, price, discounted_price, stock_quantity, created_at, updated_at) VALUES
  (1, 1, 'SKU-1',  10.00, NULL,  10,  '2020-01-01+00', '2020-01-01+00'),
  (2, 1, ' sku-1', 10.00, 9.00,  11,  '2020-01-01+00', '2020-01-01+00'),
  (3, 1, '',       10.01, 1.00,  0,   '2020-01-01+00', '2020-01-01+00'),
  (4, 2, 'SKU-2',  99999999.99, -1.00, -5, '2020-01-01+00', '2020-01-01+00'),
  (5, 3, 'SKU-2',  0.00,  NULL,  2147483647, '2020-01-01+00', '2020-01-01+00'),
  (6, 13, 'SKU-3', 5.00,  4.00,  1,   '2020-01-01+00', '2020-01-01+00');
INSERT INTO product_variants (id, product_id, sku, price, stock_quantity, created_at, updated_at)
SELECT 7, 18, string_agg(md5(n::text), ''), 1, 1, '2020-01-01+00', '2020-01-01+00' FROM generate_series(1, 300) n;
INSERT INTO attribute_types VALUES (1, 'Color', '2020-01-01+00', '2020-01-01+00'), (2, 'Color', '2020-01-01+00', '2020-01-01+00'),
  (3, 'color', '2020-01-01+00', '2020-01-01+00'), (4, '', '2020-01-01+00', '2020-01-01+00');
INSERT INTO attribute_values VALUES (1, 1, 'red', '2020-01-01+00', '2020-01-01+00'), (2, 2, 'blue', '2020-01-01+00', '2020-01-01+00'),
  (3, 3, '', '2020-01-01+00', '2020-01-01+00'), (4, 4, E'\\."ığ👗\n', '2020-01-01+00', '2020-01-01+00');
INSERT INTO product_variant_attributes VALUES (3, 1, 1), (2, 1, 2), (4, 1, 3), (5, 1, 4), (6, 2, 2), (7, 2, 1);
INSERT INTO product_images VALUES (9, 1, 'late.jpg', 1, '2020-01-01+00', '2020-01-01+00'), (7, 1, 'first.jpg', 1, '2020-01-01+00', '2020-01-01+00'),
  (5, 1, 'no-order.jpg', NULL, '2020-01-01+00', '2020-01-01+00'), (4, 2, 'only.jpg?a="b",c', NULL, '2020-01-01+00', '2020-01-01+00');
INSERT INTO orders (id, user_id, status, total_amount, created_at, updated_at) VALUES
  (1, 3, 0, 10, '2021-12-31 23:30:00-01', '2022-01-01+00'), (2, 5, 1, 0, '2021-01-01+00', '2021-01-01+00'),
  (3, 7, 2, -1, '0001-01-01+00', '2021-01-01+00'), (4, 9, 3, 9999999999.99, '9999-12-31+00', '2021-01-01+00'),
  (5, 11, 4, 1, '2021-01-01+00', '2021-01-01+00'), (6, 13, 5, 1, '2021-01-01+00', '2021-01-01+00'),
  (7, 15, 6, 1, '2021-01-01+00', '2021-01-01+00'), (8, 40, -1, 1, '2021-01-01+00', '2021-01-01+00'),
  (1234567, 3, 4, 1, '2021-01-01+00', '2021-01-01+00'), (9223372036854775807, 3, 4, 1, '2021-01-01+00', '2021-01-01+00');
INSERT INTO order_items (id, order_id, product_variant_id, quantity, price_at_purchase, created_at, updated_at) VALUES
  (1, 1, 1, 2, 10.00, '2021-01-01+00', '2021-01-01+00'), (2, 2, 2, 0, 9.50, '2021-01-01+00', '2021-01-01+00'),
  (3, 3, 3, -1, 1.00, '2021-01-01+00', '2021-01-01+00'), (4, 4, 4, 2147483647, 99999999.99, '2021-01-01+00', '2021-01-01+00'),
  (5, 5, 5, 1, 1.00, '2021-01-01+00', '2021-01-01+00'), (6, 6, 6, 1, 1.00, '2021-01-01+00', '2021-01-01+00'),
  (7, 7, 1, 1, 1.00, '2021-01-01+00', '2021-01-01+00'), (8, 8, 1, 1, 1.00, '2021-01-01+00', '2021-01-01+00'),
  (9, 1234567, 1, 1, 1.00, '2021-01-01+00', '2021-01-01+00');
INSERT INTO reviews (id, product_id, user_id, rating, comment, created_at, updated_at) VALUES
  (1, 1, 3, 5, 'good', '2021-01-01+00', '2021-01-01+00'), (2, 1, 5, 5, NULL, '2021-01-01+00', '2021-01-01+00'),
  (3, 1, 7, 0, E'\\.', '2021-01-01+00', '2021-01-01+00'), (4, 2, 3, 6, '', '2021-01-01+00', '2021-01-01+00');
INSERT INTO return_requests VALUES (1, 5, 11, E'too "small",\n\\.', 'requested', '2021-01-01+00', '2021-01-01+00');
INSERT INTO wishlists VALUES (1, 3, '2021-01-01+00', '2021-01-01+00');
INSERT INTO wishlist_items VALUES (1, 1, 1, '2021-01-01+00', '2021-01-01+00');
INSERT INTO cart_items VALUES (1, 3, 1, 0, '2021-01-01+00', '2021-01-01+00');
INSERT INTO admins VALUES (1, 'admin@example.com', 'super_admin', 'a1', '2021-01-01+00', '2021-01-01+00');
INSERT INTO email_verifications VALUES (1, 'ANN@example.com', '0471', NULL, '2021-01-01+00', '2021-01-01+00');
INSERT INTO email_verifications SELECT 2, email, '1', NULL, created_at, created_at FROM users WHERE id = 17;
