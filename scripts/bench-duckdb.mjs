// The bookings models in DuckDB: the same stage files in, the same datasets out, as gzip CSV. Run by scripts/bench.
// usage: node bench-duckdb.mjs EXTRACT_DIR OUT_DIR   (the folder of the package @duckdb/node-api in NODE_PATH's place)
// DuckDB has no uuid5: md5 of the same text, shown as a uuid, stands in for it.
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const require = createRequire(join(process.env.DUCKDB_HOME, 'package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');
const [extract, out] = process.argv.slice(2);
mkdirSync(out, { recursive: true });

const instance = await DuckDBInstance.create(':memory:');
const db = await instance.connect();
const run = (sql) => db.run(sql);
const clean = (field) => `nullif(trim("contactDetails"->>'${field}', E' \\t\\r\\n'), '')`;
const newest = (column) =>
  `arg_max(${column}, (created_at, booking_id)) FILTER (WHERE ${column} IS NOT NULL) AS ${column}`;
const write = (name, sql) => run(`COPY (${sql}) TO '${out}/${name}.csv.gz' (FORMAT csv, HEADER, COMPRESSION gzip)`);

await run("SET TimeZone = 'UTC'");
await run('SET threads = 2');
await run('SET preserve_insertion_order = false');
await run(`CREATE TABLE addressed AS
  SELECT *, CASE WHEN email_given LIKE '_%@_%' AND email_given NOT LIKE '% %' THEN email_given END AS email
  FROM (SELECT id AS booking_id, "bookingReference" AS booking_reference, lower(${clean('email')}) AS email_given,
               ${clean('firstName')} AS first_name, ${clean('lastName')} AS last_name, ${clean('phone')} AS phone,
               ${clean('company')} AS company_name, status, "finalAmount" AS amount, "paymentDate" AS payment_date,
               "paymentMethod" AS payment_method, "createdAt" AS created_at
        FROM read_csv('${extract}/bookings/part-*.csv.gz', header = true, quote = '"', escape = '"', delim = ',',
               max_line_size = 4000000, columns = {'id': 'BIGINT', 'bookingReference': 'VARCHAR', 'contactDetails': 'JSON',
               'status': 'VARCHAR', 'finalAmount': 'DECIMAL(12,2)', 'paymentDate': 'VARCHAR', 'paymentMethod': 'VARCHAR',
               'createdAt': 'VARCHAR'}))`);
await run(`CREATE VIEW linked AS SELECT *, md5('drover/bookings/users' || email)::uuid AS user_id FROM addressed`);
await write('links', 'SELECT booking_id, user_id FROM linked');
await run(`CREATE TABLE payments AS
  SELECT md5('drover/bookings/payments' || 'MIGRATED-' || booking_reference)::uuid AS id, booking_id, user_id, amount,
         'succeeded' AS status, coalesce(payment_date, created_at) AS payment_date,
         coalesce(nullif(trim(payment_method), ''), 'card') AS payment_method,
         'MIGRATED-' || booking_reference AS payment_reference
  FROM linked WHERE status IN ('PAID', 'COMPLETED', 'ATTENDED') AND amount IS NOT NULL`);
await write('payments', 'FROM payments');
await write('activity', `
  SELECT md5('drover/bookings/activity' || 'booking_created:' || booking_id)::uuid AS id, user_id,
         'booking_created' AS activity, booking_id::text AS subject_id, created_at AS occurred_at
  FROM linked WHERE user_id IS NOT NULL
  UNION ALL
  SELECT md5('drover/bookings/activity' || 'payment_completed:' || id)::uuid, user_id, 'payment_completed', id::text,
         payment_date
  FROM payments WHERE user_id IS NOT NULL`);
await run(`CREATE TABLE user_contacts AS
  SELECT email, ${['first_name', 'last_name', 'phone', 'company_name'].map(newest).join(', ')},
         count(*)::int AS total_bookings, coalesce(sum(amount), 0)::decimal(14,2) AS total_spent,
         min(created_at) AS first_booking_date, max(created_at) AS last_booking_date
  FROM addressed WHERE email IS NOT NULL GROUP BY email`);
await write('user_contacts', 'FROM user_contacts');
await write('users', `
  SELECT md5('drover/bookings/users' || email)::uuid AS id, *, last_booking_date AS last_activity_date,
         first_booking_date AS created_at FROM user_contacts`);
const count = async (sql) => (await db.runAndReadAll(sql)).getRows()[0][0];
console.log(`users ${await count('SELECT count(*) FROM user_contacts')}, payments ${await count('SELECT count(*) FROM payments')}`);
