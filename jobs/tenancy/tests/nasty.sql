-- A small MyHub, every row a trap; the sheets beside it are in nasty/. The job's README says what must come of each.
INSERT INTO users (id, name, email, image, username, uid, created_at, updated_at) VALUES
  (1, 'Ana Lopez', 'ana@example.com', NULL, 'ana', 'u1', '2020-01-01', '2020-01-01'),
  (2, 'Ana Again', E' ANA@Example.com\t', NULL, 'ana2', 'u2', '2020-01-02', '2020-01-02'),
  (3, NULL, 'noname@example.com', NULL, NULL, NULL, '2020-01-03', '2020-01-03'),
  (4, '  ', 'blank@example.com', '', '', '', '2020-01-04', '2020-01-04'),
  (5, 'Mononym', NULL, NULL, 'mono', 'u5', '2020-01-05', '2020-01-05'),
  (6, '  Three  Part Name ', '', NULL, 'three', 'u6', '2020-01-06', '2020-01-06'),
  (7, E'Line\nBreak, "Quoted"', E'İLKAY@example.com', E'\\.', E'a\tb', '\N', '2020-01-07', '2020-01-07'),
  (8, '💃🏽', 'STRAẞE@example.com', NULL, NULL, NULL, '0001-01-01', '9999-12-31 23:59:59.999999'),
  (9, repeat('ab ', 30000), repeat('x', 9000) || '@example.com', NULL, NULL, NULL, '2020-02-29 12:00', '2020-02-29 12:00'),
  (9223372036854770000, 'Max Id', 'max@example.com', NULL, NULL, NULL, '2020-01-09', '2020-01-09');
INSERT INTO posts (id, post_id, hash_id, source, metadata, filename, created_at, updated_at) VALUES
  (1, 'p', 'h', E'first\n\\.\nthird', '{"a": 1.50, "a": 2}', 'a,"b".md', '2020-01-01', '2020-01-01'),
  (2, 'p', NULL, '', '[ ]', NULL, '2020-01-01', '2020-01-01'),
  (3, NULL, NULL, NULL, NULL, NULL, '2020-01-01', '2020-01-01');
INSERT INTO likes (id, user_id, post_id, created_at, updated_at) VALUES
  (1, 1, 1, '2020-01-01', '2020-01-01'), (2, 1, 1, '2020-01-01', '2020-01-01'), (3, 9223372036854770000, 3, '2020-01-01', '2020-01-01');
