-- Drover's own functions, for PostgreSQL: after this any model runs in psql as it stands.
--
--   psql -f sql/compat.sql
--   psql -v now="'2025-06-01T00:00:00Z'" -f jobs/NAME/transform/MODEL.sql
--
-- A model's parameters are psql variables; the value is put in as it is, quotes included. The functions go into the
-- first schema of the search_path; running the file again replaces them. PostgreSQL 13 or newer: uuid-ossp is then an
-- extension that the owner of a database may make.
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";

-- The same text gives the same id, on every machine: version 5 under a namespace that is itself named, under that of URLs.
CREATE OR REPLACE FUNCTION uuid5(namespace text, name text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT uuid_generate_v5(uuid_generate_v5(uuid_ns_url(), namespace), name)
$$;

-- For addresses: decomposed (NFKD), lower case, without the marks U+0300 to U+036F, letters that do not decompose
-- written out, each run of anything else one hyphen, none at the ends. Nothing left, NULL included: 'item'.
CREATE OR REPLACE FUNCTION slug(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(btrim(regexp_replace(translate(replace(replace(replace(replace(
               regexp_replace(lower(normalize(name, NFKD)), U&'[\0300-\036F]', '', 'g'),
               U&'\00df', 'ss'), U&'\00e6', 'ae'), U&'\0153', 'oe'), U&'\00fe', 'th'),
               U&'\00f8\0111\00f0\0142\0131', 'oddli'),
           '[^a-z0-9]+', '-', 'g'), '-'), ''), 'item')
$$;

-- first(x ORDER BY y), last(x ORDER BY y): x of the first or last row that has one. Strict transition functions take the
-- first value that is not NULL as it is and never see a NULL.
CREATE OR REPLACE FUNCTION drover_keep(anyelement, anyelement) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1';

CREATE OR REPLACE FUNCTION drover_take(anyelement, anyelement) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $2';

CREATE OR REPLACE AGGREGATE first(anyelement) (SFUNC = drover_keep, STYPE = anyelement);
CREATE OR REPLACE AGGREGATE last(anyelement) (SFUNC = drover_take, STYPE = anyelement);
