-- What the fault scripts compare of the target: rows, ledger, what a rollback needs, schema.
SELECT 'member', m.* FROM public.members m ORDER BY m.id;
SELECT to_regclass('public.notes') IS NOT NULL AS made \gset
\if :made
SELECT 'age', a.* FROM public.ages a ORDER BY a.age;
SELECT 'note', n.visit_id, n.note FROM public.notes n ORDER BY n.visit_id, n.note COLLATE "C";
\endif
SELECT 'visit', to_jsonb(v) FROM public.visits v ORDER BY v.id;
SELECT 'runs', count(*), string_agg(state, ' ') FROM drover.run;
SELECT 'ledger', step, part, offered, inserted, updated, unchanged, rejected, sha256, rolled_back_at IS NOT NULL
FROM drover.ledger ORDER BY step COLLATE "C", part;
SELECT 'before', step, part, chunk, column_name, md5(keys::text), md5(old::text)
FROM drover.before_image ORDER BY step COLLATE "C", part, chunk, column_name COLLATE "C";
SELECT 'inserted', step, part, md5(keys::text) FROM drover.inserted_key ORDER BY 2, 3, 4;
SELECT 'schema', job, name, phase, up_sha256 FROM drover.schema_step ORDER BY name COLLATE "C";
SELECT 'index', indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid::regclass::text !~ '^(pg_|drover)' ORDER BY 2;
SELECT 'table', relname, attname, attnotnull FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') AND attnum > 0 ORDER BY relname COLLATE "C", attnum;
