-- For comparing: text that sorts by bytes, as drover's does, and yet knows every letter's case. For a database made with
-- LOCALE_PROVIDER libc and LC_COLLATE "C"; its functions that ask a collation about letters are covered here by ones
-- that ask ICU's root collation. They lie in schema drover_text, which must stand before pg_catalog:
--
--   ALTER DATABASE name SET search_path = drover_text, pg_catalog, public;
CREATE SCHEMA IF NOT EXISTS drover_text;

CREATE FUNCTION drover_text.lower(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.lower($1 COLLATE "und-x-icu")';
CREATE FUNCTION drover_text.upper(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.upper($1 COLLATE "und-x-icu")';
CREATE FUNCTION drover_text.initcap(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.initcap($1 COLLATE "und-x-icu")';

CREATE FUNCTION drover_text.regexp_replace(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_replace($1 COLLATE "und-x-icu", $2, $3)';
CREATE FUNCTION drover_text.regexp_replace(text, text, text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_replace($1 COLLATE "und-x-icu", $2, $3, $4)';
CREATE FUNCTION drover_text.regexp_match(text, text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_match($1 COLLATE "und-x-icu", $2)';
CREATE FUNCTION drover_text.regexp_match(text, text, text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_match($1 COLLATE "und-x-icu", $2, $3)';
CREATE FUNCTION drover_text.regexp_split_to_array(text, text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_split_to_array($1 COLLATE "und-x-icu", $2)';
CREATE FUNCTION drover_text.regexp_split_to_array(text, text, text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_split_to_array($1 COLLATE "und-x-icu", $2, $3)';
CREATE FUNCTION drover_text.regexp_split_to_table(text, text) RETURNS SETOF text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_split_to_table($1 COLLATE "und-x-icu", $2)';
CREATE FUNCTION drover_text.regexp_split_to_table(text, text, text) RETURNS SETOF text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_split_to_table($1 COLLATE "und-x-icu", $2, $3)';
CREATE FUNCTION drover_text.regexp_matches(text, text) RETURNS SETOF text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_matches($1 COLLATE "und-x-icu", $2)';
CREATE FUNCTION drover_text.regexp_matches(text, text, text) RETURNS SETOF text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT pg_catalog.regexp_matches($1 COLLATE "und-x-icu", $2, $3)';

CREATE FUNCTION drover_text.matches(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT $1 COLLATE "und-x-icu" OPERATOR(pg_catalog.~) $2';
CREATE FUNCTION drover_text.matches_any_case(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT $1 COLLATE "und-x-icu" OPERATOR(pg_catalog.~*) $2';
CREATE FUNCTION drover_text.like_any_case(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT $1 COLLATE "und-x-icu" OPERATOR(pg_catalog.~~*) $2';
CREATE FUNCTION drover_text.matches_not(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT $1 COLLATE "und-x-icu" OPERATOR(pg_catalog.!~) $2';
CREATE FUNCTION drover_text.matches_not_any_case(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT $1 COLLATE "und-x-icu" OPERATOR(pg_catalog.!~*) $2';
CREATE FUNCTION drover_text.not_like_any_case(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT $1 COLLATE "und-x-icu" OPERATOR(pg_catalog.!~~*) $2';
CREATE OPERATOR drover_text.~ (LEFTARG = text, RIGHTARG = text, FUNCTION = drover_text.matches);
CREATE OPERATOR drover_text.~* (LEFTARG = text, RIGHTARG = text, FUNCTION = drover_text.matches_any_case);
CREATE OPERATOR drover_text.~~* (LEFTARG = text, RIGHTARG = text, FUNCTION = drover_text.like_any_case);
CREATE OPERATOR drover_text.!~ (LEFTARG = text, RIGHTARG = text, FUNCTION = drover_text.matches_not);
CREATE OPERATOR drover_text.!~* (LEFTARG = text, RIGHTARG = text, FUNCTION = drover_text.matches_not_any_case);
CREATE OPERATOR drover_text.!~~* (LEFTARG = text, RIGHTARG = text, FUNCTION = drover_text.not_like_any_case);
