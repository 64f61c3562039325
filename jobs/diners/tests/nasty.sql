-- Small legacy data, made by hand: each row is a trap. jobs/diners/README.md explains them by table and id.
-- Run in psql after the legacy schema. Nobody in it exists.
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET standard_conforming_strings = on;
INSERT INTO users (id, email, name, password, role, created_at) VALUES
-- 1-3: the administrator, written otherwise than the parameter says, and twice
(1, 'Owner@Example.com', 'Ova Nerin', '$2a$10$first', 'SUPERADMIN', '2019-01-01+00'),
(2, 'owner@example.com', 'Ova the second', '$2a$10$second', 'ADMIN', '2018-01-01+00'),
(3, 'owner@example.com ', 'Not quite', '$2a$10$third', 'ADMIN', '2018-01-01+00'),
(4, 'admin@example.com', NULL, '', 'ADMIN', '2019-01-01+00'),
(5, 'manager@example.com', 'Mana', 'x', 'MANAGER', '2019-01-01+00'),
(6, 'small@example.com', 'Role in small letters', 'x', 'admin', '2019-01-01+00'),
(7, '', E'Tab\tand, "quote"\nline', E'\\.', 'ADMIN', '2019-01-01+00'),
(9223372036854775807, 'edge@example.com', '💃🏽', E'a\n\\.\nb', 'STAFF', '9999-12-31 23:59:59.999999+00');
INSERT INTO restaurants (id, name, email, phone, address, city, state, "zipCode", is_active, created_at, updated_at) VALUES
(1, 'Tie', 'tie@example.com', '1', 'Street 1', 'Tosel', 'TO', '00123', true, '2018-01-01+00', '2018-02-01+00'),
(2, 'Earliest', NULL, NULL, NULL, NULL, NULL, NULL, true, '2018-01-01 00:00:00.000001+00', '2018-02-01+00'),
(3, 'Nameless owner', '', '', '', '', '', '', true, '2018-01-01+00', '2018-02-01+00'),
(4, 'Nobody owns it', NULL, ' 4 ', 'a, b', E'line\nbreak', '"', E'\t', true, '2018-01-01+00', '2018-02-01+00'),
(5, 'Closed, owned', NULL, '5', NULL, 'Tosel', NULL, '1', false, '2018-01-01+00', '2018-02-01+00'),
(6, 'Closed, nobody', NULL, '6', 'x', 'y', 'z', '1', false, '2018-01-01+00', '2018-02-01+00'),
(7, E'\\.', E'\\N', 'NULL', 'İstanbul', 'Großl', 'ΑΣ', '💃🏽', true, '0001-01-01+00', '-infinity'),
(-1, 'Below nothing', NULL, NULL, 'x', NULL, 'z', NULL, true, '2018-01-01+00', '2018-02-01+00');
INSERT INTO restaurant_staff (id, restaurant_id, user_id, created_at) VALUES
-- 1: two administrators at one instant: the lower id
(12, 1, 2, '2019-05-05 05:05:05+00'), (11, 1, 1, '2019-05-05 07:05:05+02'),
-- 2: staff and a manager came before the first administrator, a second one after
(21, 2, 5, '2018-01-01+00'), (22, 2, 6, '2018-01-02+00'), (24, 2, 2, '2018-06-01+00'), (23, 2, 3, '2018-06-02+00'), (25, 2, 4, '2017-12-31 23:59:59.999999-12:00'),
(31, 3, 4, '2018-01-01+00'), (32, 3, 4, '2018-01-01+00'),
(41, 4, 5, '2018-01-01+00'), (42, 4, 9223372036854775807, '2018-01-01+00'),
(51, 5, 2, '-infinity'),
(71, 7, 7, 'infinity'),
(-1, -1, 1, '2018-01-01+00');
INSERT INTO customers (id, restaurant_id, email, name, phone, password, preferences, created_at) VALUES
-- 1-6: one person, six spellings, at three restaurants
(1, 1, 'nela@example.com', 'Nela', '1', '$2a$nela-1', '{"table": "window", "diet": "vegan"}', '2020-01-01+00'),
(2, 2, 'NELA@EXAMPLE.COM', '  Nela Toro ', NULL, '$2a$nela-2', '{"table": "door"}', '2020-02-01+00'),
(3, 1, E'  Nela@Example.com\t', '   ', '', '', '{"table": null, "pets": ["dog"]}', '2020-03-01+00'),
(4, 3, E'\r\nnela@example.com\n', NULL, E'\t', NULL, '[]', '2020-04-01+00'),
(5, 3, 'nela@example.com', '', ' 5 ', '$2a$nela-5', NULL, '2019-12-01+00'),
(6, 3, 'nela@EXAMPLE.com', E'\tNela', '  ', '$2a$nela-6', '{}', '2019-06-01+00'),
-- 7-9: one restaurant, one instant, three records
(7, 1, 'tie@example.com', 'Lower', '7', NULL, '{"a": 1, "b": 1}', '2022-05-05 05:05:05.000001+00'),
(8, 1, 'tie@example.com', 'Higher', '8', 'eight', '{"a": 2}', '2022-05-05 05:05:05.000001+00'),
(9, 1, 'tie@example.com', 'Highest', NULL, 'nine', '{"b": 3, "c": {"d": 1}}', '2022-05-05 07:05:05.000001+02'),
-- 10-13: no address
(10, 1, NULL, 'No address', '10', 'x', '{"a": 1}', '2020-01-01+00'),
(11, 1, '', 'Empty', NULL, NULL, NULL, '2020-01-01+00'),
(12, 2, E' \t\r\n ', 'Blank', NULL, NULL, NULL, '2020-01-01+00'),
(13, 2, NULL, NULL, NULL, NULL, NULL, '2020-01-01+00'),
-- 14-18: what passes for an address
(14, 1, 'no at sign', 'Words', NULL, NULL, NULL, '2020-01-01+00'),
(15, 1, U&'\00a0nbsp@example.com\00a0', 'No-break spaces', NULL, NULL, NULL, '2020-01-01+00'),
(16, 1, E'\x0bvertical@example.com', 'Vertical tab', NULL, NULL, NULL, '2020-01-01+00'),
(17, 1, '\.', E'\\.', E'\\.', E'\\.', '"\\."', '2020-01-01+00'),
(18, 1, 'NULL', 'NULL', '\N', 'NULL', '{"": "empty key", "NULL": null, "quote\"": ",\n\t"}', '2020-01-01+00'),
-- 19-28: letters
(19, 1, 'İSTAN@example.com', 'Dotted', NULL, NULL, NULL, '2020-01-01+00'),
(20, 2, 'i̇stan@example.com', 'As 19', NULL, NULL, NULL, '2020-01-02+00'),
(21, 2, 'istan@example.com', 'Plain', NULL, NULL, NULL, '2020-01-03+00'),
(22, 1, 'ISIK@example.com', 'Becomes isik', NULL, NULL, NULL, '2020-01-01+00'),
(23, 1, 'ısık@example.com', 'Dotless', NULL, NULL, NULL, '2020-01-01+00'),
(24, 1, 'STRAẞE@example.com', 'Capital sharp s', NULL, NULL, NULL, '2020-01-01+00'),
(25, 2, 'straße@example.com', 'As 24', NULL, NULL, NULL, '2020-01-02+00'),
(26, 1, 'ΑΣ@example.com', 'Final sigma', NULL, NULL, NULL, '2020-01-01+00'),
(27, 2, 'ας@example.com', 'As 26', NULL, NULL, NULL, '2020-01-02+00'),
(28, 1, 'ΑΣ.Β@example.com', 'Not final', NULL, NULL, NULL, '2020-01-01+00'),
-- 29-35: preferences of every kind
(29, 1, 'kinds@example.com', 'Array', NULL, NULL, '[{"a": 1}]', '2020-01-01+00'),
(30, 1, 'kinds@example.com', 'Text', NULL, NULL, '"vegan"', '2020-01-02+00'),
(31, 1, 'kinds@example.com', 'Number', NULL, NULL, '1.50', '2020-01-03+00'),
(32, 1, 'kinds@example.com', 'JSON null', NULL, NULL, 'null', '2020-01-04+00'),
(33, 1, 'kinds@example.com', 'Boolean', NULL, NULL, 'true', '2020-01-05+00'),
(34, 2, 'kinds@example.com', 'Empty object alone', NULL, NULL, '{}', '2020-01-05+00'),
(35, 3, 'kinds@example.com', 'Object below an array', NULL, NULL, '{"deep": {"a": [1, {"b": null}]}, "n": 1.50, "u": "\u00e9\ud83d\ude00"}', '2020-01-05+00'),
-- 36-38: visits; 39-41: the ends of time and of ids
(36, 1, 'visits@example.com', 'Visits', NULL, NULL, NULL, '2020-01-01+00'),
(37, 1, 'VISITS@example.com', 'Visits too', NULL, NULL, NULL, '2020-01-01+00'),
(38, 2, 'visits@example.com', 'Free', NULL, NULL, NULL, '2020-01-01+00'),
(39, 1, 'ends@example.com', 'At the end', NULL, 'last', '{"when": "end"}', 'infinity'),
(-40, 1, 'ends@example.com', 'Before all', NULL, 'first', '{"when": "begin", "once": 1}', '-infinity'),
(9223372036854775807, 4, 'edge@example.com', 'Largest', NULL, NULL, NULL, '9999-12-31 23:59:59.999999+00');
-- 41: an address past what a B-tree entry holds; 42: a name of 100,000 letters, and preferences of as many
INSERT INTO customers (id, restaurant_id, email, name, created_at)
SELECT 41, 1, string_agg(md5(i::text), '') || '@example.com', 'Long address', '2020-01-01+00' FROM generate_series(1, 300) AS i;
INSERT INTO customers (id, restaurant_id, email, name, preferences, created_at)
VALUES (42, 1, 'long@example.com', repeat('Lo', 50000), jsonb_build_object('note', repeat('ng', 50000)), '2020-01-01+00');
INSERT INTO reservations (id, restaurant_id, customer_id, date, status, total_amount, created_at) VALUES
(1, 1, 36, '2020-01-01', 'COMPLETED', 10.00, '2020-01-01+00'),
(2, 1, 36, '2020-03-01', 'CANCELLED', 0.01, '2020-01-01+00'),
(3, 1, 37, '2020-02-01', '', NULL, '2020-01-01+00'),
(4, 3, 37, '2021-02-01', 'at another restaurant than the customer', 5.00, '2020-01-01+00'),
(5, 1, 36, '2020-01-01', 'refund', -3.50, '2020-01-01+00'),
(6, 2, 38, 'infinity', 'no amount', NULL, '2020-01-01+00'),
(7, 1, NULL, '2020-01-01', 'nobody', 99.00, '2020-01-01+00'),
(8, 1, 10, '2020-01-01', 'of a customer without address', 99.00, '2020-01-01+00'),
(9, 1, 1, '-infinity', 'first', 99999999.99, '-infinity'),
(10, 1, 3, '0001-01-01', 'same person, other record', 99999999.99, 'infinity'),
(-11, 4, 9223372036854775807, '9999-12-31', E'line\n\\.\nquote " tab\t', 0.00, '2020-01-01+00');
