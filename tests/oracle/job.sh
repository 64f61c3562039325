# Shared by the run-JOB scripts: a shipped job against its oracle, jobs/JOB/tests/expected.sql, through all that can
# happen to it. A script sets `job`, sources this with its own arguments ([--full] [--seed N] [DROVER], or --bench ROWS to
# measure the job instead), says what is
# the job's own, and calls job_oracle. What it may say, and what holds where it says nothing:
#
#   legacy_tables   (required) the tables of legacy.sql, each behind those that it refers to
#   tables          (required) the tables that the job writes, legacy ones too
#   changed         legacy columns that the job itself writes, "table.column" (none)
#   kept_rows       [table]=condition: the rows of a legacy table that the job has not added itself (all)
#   options         further options of drover run: --param, --source dir:… (none)
#   schema_options  those of them that drover schema takes: --param (none)
#   oracle_options  psql's when it runs expected.sql: -v now=… (none)
#   rows            rows of the main table in a generated fixture (2,000; 100,000 with --full)
#   nasty           SQL, a small fixture of traps (jobs/JOB/tests/nasty.sql)
#   rows_need_index_down  yes: index steps forbid what the rows were before, so they are taken back first (no)
#   nasty_status    the exit code of a run over nasty (0; 5 where a check of the job's finds something in it)
#   empty_status    the same over empty tables (0)
#
#   compare_all DATABASE          (required) `compare` and `expect_same` of schema expected with what the job made
#   no_rows                       prints SQL, and empties the files that the job reads (nothing)
#   one_row                       (required) prints SQL: legacy tables with one row of the main table
#   existing                      (required) prints SQL for the oracle's database, with the legacy rows and schema
#                                 expected in it: it makes target tables that hold half of the result already, and lays
#                                 over schema expected what the rule for rows that exist makes of it
#   existing_tables               (required) the tables that it makes
#   added                         prints SQL for the oracle's database after rows were added: schema before holds what the
#                                 oracle said without them; it lays over schema expected the rule for rows that exist
#                                 (nothing)
#   compare_existing DATABASE     as compare_all, after a run onto these (compare_all)
#   fixture ROWS SEED FIRST_ID    prints SQL: generated legacy rows (drover-fixtures)
#   also_expected                 prints SQL for the oracle's database: tables of schema expected by rules that
#                                 expected.sql does not state (nothing)
#   oracle_files DATABASE         puts what the job reads from files where expected.sql finds it (nothing)
#   fill                          prints the SQL, set-based, that moves schema expected into the tables that the job's expand
#                                 steps have made; psql knows oracle_options and the --params of options. Measurements alone
#                                 (tests/oracle/fill/JOB.sql)
#   expect_copied                 expects of database apart what the job copied there of database legacy (all legacy rows)
#   catalog DATABASE              expects of the finished schema what plan and contract name (nothing)
#   checks DATABASE               `found` for each check of the job's: SQL that it must notice (nothing)
#   ready DATABASE                where the job has contract steps: changes legacy rows until they may be applied (nothing)
#   own_scenarios                 what happens to this job alone (nothing)
#   spoil, mend DATABASE          where the job has contract steps: make a check fail before a run, and undo it
# shellcheck shell=bash disable=SC2154
# shellcheck source=tests/oracle/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

full=${DROVER_TEST_FULL:-}
seed=
bench=
while [ $# -gt 0 ]; do
    case $1 in
    --full) full=--full ;;
    --seed) seed=${2:?--seed needs a number} && shift ;;
    --bench) bench=${2:?--bench needs a number of rows} && shift ;;
    *) drover=$1 ;;
    esac
    shift
done
[ -x "$drover" ] || die "found no $drover; build it, or name it"

rows=2000
[ -z "$full" ] || rows=100000
nasty=$top/jobs/$job/tests/nasty.sql
changed=()
declare -A kept_rows
options=()
schema_options=()
oracle_options=()
nasty_status=0
rows_need_index_down=
empty_status=0

fixture() { # ROWS SEED FIRST_ID
    "$fixtures" "$job" --no-schema --rows "$1" --seed "$2" --first-id "$3"
}
added() { :; }
no_rows() { :; }
compare_existing() { compare_all "$1"; }
also_expected() { :; }
catalog() { :; }
checks() { :; }
ready() { :; }
own_scenarios() { :; }
oracle_files() { :; }
fill() { cat "$top/tests/oracle/fill/$job.sql"; }
expect_copied() { expect_same "the legacy rows, copied" "$(legacy_sum legacy)" "$(legacy_sum apart)"; }

# The columns of every legacy table: all of them, and those that the job leaves alone.
declare -A all_columns kept_columns
read_legacy() {
    local table all kept
    database empty_legacy
    sql empty_legacy -f "$top/jobs/$job/tests/legacy.sql"
    while IFS='|' read -r table all kept; do
        all_columns[$table]=$all
        kept_columns[$table]=$kept
    done < <(value empty_legacy "
        SELECT attrelid::regclass, string_agg(quote_ident(attname), ', ' ORDER BY attnum),
               string_agg(quote_ident(attname), ', ' ORDER BY attnum)
               FILTER (WHERE attrelid::regclass || '.' || attname <> ALL (string_to_array('${changed[*]}', ' ')))
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND attnum > 0
        GROUP BY attrelid")
}

# What the legacy tables hold in the columns that they had, or in those that the job leaves alone: one line a table.
legacy_sum() { # DATABASE [all]
    local table columns rows_of queries=()
    for table in "${legacy_tables[@]}"; do
        columns=${kept_columns[$table]}
        rows_of=${kept_rows[$table]:-}
        [ "${2:-}" != all ] || { columns=${all_columns[$table]} && rows_of=; }
        queries+=(-c "SELECT '$table', count(*), sum(hashtextextended(b::text, 0)) FROM (SELECT $columns FROM $table ${rows_of:+WHERE $rows_of}) b")
    done
    sql "$1" -A -t "${queries[@]}"
}

# What the oracle says of the legacy rows in DATABASE is schema expected of database oracle.
oracle_from() { # DATABASE
    local table columns copies=()
    database oracle empty_legacy
    for table in "${legacy_tables[@]}"; do
        columns=${all_columns[$table]} # the legacy ones alone: what a run added plays no part
        copies+=(-c "\\echo 'COPY $table ($columns) FROM STDIN;'" -c "COPY (SELECT $columns FROM $table) TO STDOUT" -c "\\echo '\\\\.'")
    done
    sql "$1" "${copies[@]}" | sql oracle
    oracle_files oracle
    sql oracle "${oracle_options[@]}" -f "$top/jobs/$job/tests/expected.sql" >/dev/null
    also_expected | sql oracle
}

expected_into() { # DATABASE
    sql "$1" -c 'DROP SCHEMA IF EXISTS expected CASCADE' -c 'CREATE SCHEMA expected' 2>/dev/null
    pg_dump -t 'expected.*' oracle | sql "$1" >/dev/null
}

expect_as_oracle() { # DATABASE
    expected_into "$1"
    compare_all "$1"
    sql "$1" -c 'DROP SCHEMA expected CASCADE' 2>/dev/null
}

expect_all() { # SOURCE TARGET
    oracle_from "$1"
    expect_as_oracle "$2"
}

# drover COMMAND over the job into that database; what it says is shown where it does not end with STATUS.
expect_exit() { # STATUS COMMAND TARGET [OPTION…]
    local status=0
    # shellcheck disable=SC2086 # a command may be two words
    "$drover" $2 "$top/jobs/$job" --target "host=$PGHOST user=drover dbname=$3" --work "$work/$3" "${@:4}" \
        >"$work/drover.out" 2>&1 || status=$?
    if [ "$status" != "$1" ]; then
        printf '  DIFFERENT: drover %s %s ended with %d, not %d, and said:\n' "$2" "${*:4}" "$status" "$1"
        sed 's/^/    /' "$work/drover.out"
        differences=$((differences + 1))
        return 1
    fi
}

job_run() { # STATUS SOURCE TARGET [OPTION…]
    expect_exit "$1" run "$3" --source "host=$PGHOST user=drover dbname=$2" --quiet --new "${options[@]}" "${@:4}"
}

# The models by PostgreSQL itself, over the rows of the last run into that database.
expect_models() { # DATABASE
    local status=0
    "$drover" compare "$top/jobs/$job" --work "$work/$1" >"$work/compare.out" 2>&1 || status=$?
    [ "$status" = 0 ] || sed 's/^/    /' "$work/compare.out"
    expect_same "every model, by PostgreSQL itself" 0 "$status"
}

found() { # DATABASE CHECK SQL
    expect_found "$top/jobs/$job/verify/$2.sql" "$1" "$3" "${oracle_options[@]}"
}

expect_answer() { # WHAT EXPECTED DATABASE SQL
    expect_same "$1" "$2" "$(value "$3" "$4")"
}

legacy_with() { # COMMAND…: writes the rows as SQL
    database legacy empty_legacy
    "$@" | sql legacy
}

first_run() { # NAME
    local untouched
    printf '%s: one database\n' "$1"
    database target legacy
    untouched=$(legacy_sum target)
    job_run "$run_status" target target || return 0
    expect_all legacy target
    expect_same "the legacy columns, untouched" "$untouched" "$(legacy_sum target)"
}

# After first_run.
further_runs() { # NAME
    local before
    printf '%s: again, nothing changed\n' "$1"
    before=$(footprint target "${tables[@]}")
    job_run "$run_status" target target || return 0
    expect_same "every row where it was" "$before" "$(footprint target "${tables[@]}")"

    printf '%s: again, with rows added\n' "$1"
    oracle_from target
    pg_dump -t 'expected.*' oracle >"$work/before.sql"
    fixture 200 $((seed + 1)) 5000001 | sql target
    job_run "$run_status" target target || return 0
    oracle_from target
    sql oracle -c 'ALTER SCHEMA expected RENAME TO now_expected' -c 'CREATE SCHEMA expected'
    sql oracle -f "$work/before.sql" >/dev/null
    sql oracle -c 'ALTER SCHEMA expected RENAME TO before' -c 'ALTER SCHEMA now_expected RENAME TO expected'
    added | sql oracle >/dev/null
    expect_as_oracle target

    printf '%s: two databases\n' "$1"
    database apart
    job_run "$run_status" legacy apart || return 0
    expect_all legacy apart
    expect_copied
    before=$(footprint apart "${tables[@]}")
    job_run "$run_status" legacy apart || return 0
    expect_same "and once more: every row where it was" "$before" "$(footprint apart "${tables[@]}")"
}

schema_dump() { # DATABASE: without drover's own tables, and the key that newer releases write, another one each time
    pg_dump --schema-only --exclude-schema=drover "$1" | sed -E '/^\\(un)?restrict /d'
}

# Takes back the one run there is.
expect_taken_back() { # STATUS DATABASE
    local runs=("$work/$2/$job"/2*/)
    expect_exit "$1" rollback "$2" --run "$(basename "${runs[0]}")" --yes
}

# All rows of these tables, as a sum.
contents() { # DATABASE TABLE…
    local database=$1 table queries=()
    shift
    for table in "$@"; do
        queries+=(-c "SELECT '$table', count(*), sum(hashtextextended(t::text, 0)) FROM public.$table t")
    done
    sql "$database" -A -t "${queries[@]}"
}

onto_existing() { # NAME
    local table dumped=() before untouched
    printf '%s: onto a target that has half of it\n' "$1"
    oracle_from legacy
    existing | sql oracle >/dev/null
    for table in "${existing_tables[@]}"; do
        dumped+=(-t "public.$table")
    done
    database existing legacy
    pg_dump "${dumped[@]}" oracle | sql existing >/dev/null
    before=$(schema_dump existing)
    untouched=$(contents existing "${existing_tables[@]}")
    rm -rf "$work/existing/$job"
    job_run "$run_status" existing existing || return 0
    expected_into existing
    compare_existing existing
    sql existing -c 'DROP SCHEMA expected CASCADE' 2>/dev/null
    expect_taken_back 0 existing || return 0
    expect_exit 0 "schema down" existing --yes || return 0
    expect_same "taken back: the schema that was there" "$before" "$(schema_dump existing)"
    expect_same "taken back: the rows that were there" "$untouched" "$(contents existing "${existing_tables[@]}")"
}

no_rows_and_one() {
    printf 'empty tables\n'
    legacy_with no_rows
    database target legacy
    job_run "$empty_status" target target || return 0
    expect_all legacy target
    legacy_with one_row
    first_run "one row"
}

contract_steps() { grep -lE '^-- drover: *phase=contract' "$top/jobs/$job"/schema/*.up.sql || true; }


# Each phase undone, each run taken back: rows and schema as they were.
taken_back() {
    local before untouched expanded contract=()
    printf 'taken back after each phase\n'
    database target legacy
    ready target
    before=$(schema_dump target)
    untouched=$(legacy_sum target all)
    expect_exit 0 "schema up" target --phase expand "${schema_options[@]}" || return 0
    expanded=$(schema_dump target)
    expect_exit 0 "schema down" target --yes || return 0
    expect_same "after expand: the schema" "$before" "$(schema_dump target)"

    rm -rf "$work/target/$job"
    [ -z "$(contract_steps)" ] || contract=(--contract)
    job_run "$run_status" target target "${contract[@]}" || return 0
    if [ ${#contract[@]} -gt 0 ]; then
        expect_taken_back 8 target
        expect_exit 0 "schema down" target --phase contract --yes || return 0
    fi
    if [ -z "$rows_need_index_down" ]; then
        expect_taken_back 0 target || return 0
        expect_same "after the last phase: the rows" "$untouched" "$(legacy_sum target all)"
    fi
    expect_exit 0 "schema down" target --phase index --yes || return 0
    if [ -n "$rows_need_index_down" ]; then
        expect_taken_back 0 target || return 0
        expect_same "after the index phase: the rows" "$untouched" "$(legacy_sum target all)"
    fi
    expect_same "after the index phase: the schema, expanded" "$expanded" "$(schema_dump target)"
    expect_exit 0 "schema down" target --yes || return 0
    expect_same "after the last phase: the schema" "$before" "$(schema_dump target)"
}

# Contract steps wait for a verification that passed.
contract_refused() {
    local pending applied="SELECT count(*) FROM drover.schema_step WHERE phase = 'contract'"
    pending=$(contract_steps | wc -l)
    [ "$pending" -gt 0 ] || return 0
    printf 'contract steps refused, then done\n'
    database target legacy
    ready target
    spoil target
    job_run 5 target target --contract || return 0
    expect_answer "a check fails: none was applied" 0 target "$applied"
    mend target
    job_run "$run_status" target target --contract || return 0
    expect_answer "all pass: all were applied" "$pending" target "$applied"
}

# What holds of every job's schema, over the legacy one.
expect_sound_schema() { # DATABASE
    expect_answer "every foreign key is valid and has an index" "" "$1" "
        SELECT f.conrelid::regclass, f.conname FROM pg_constraint f
        WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace
          AND (NOT f.convalidated OR NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = f.conrelid AND i.indkey[0] = f.conkey[1] AND i.indpred IS NULL))
          AND $(not_legacy "f.conrelid::regclass::text || '.' || f.conname" \
            "SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint WHERE contype = 'f'")"
    expect_answer "every index is called idx_… in less than 64 bytes, or is a constraint's" "" "$1" "
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = 'public'::regnamespace
          AND (NOT starts_with(c.relname, 'idx_') OR octet_length(c.relname) > 62)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid)"
    expect_answer "every table that was made has a comment" "" "$1" "
        SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND obj_description(oid, 'pg_class') IS NULL
          AND $(not_legacy relname "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")"
    expect_answer "no money in floats, no time without zone, no json without b" "" "$1" "
        SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
          AND atttypid IN ('real'::regtype, 'double precision'::regtype, 'timestamp'::regtype, 'json'::regtype)
          AND $(not_legacy "attrelid::regclass::text || '.' || attname" \
            "SELECT attrelid::regclass::text || '.' || attname FROM pg_attribute WHERE attnum > 0")"
}

not_legacy() { # EXPRESSION QUERY: true of what the query does not find in the legacy schema
    printf "%s <> ALL (string_to_array(\$\$%s\$\$, E'\\\\n'))" "$1" "$(value empty_legacy "$2")"
}

job_oracle() {
    if [ -n "$bench" ]; then
        # shellcheck source=tests/oracle/job_bench.sh
        . "$top/tests/oracle/job_bench.sh"
        job_bench
        return
    fi
    local seeds=(20250601)
    [ -z "$full" ] || seeds=($((RANDOM * 256)) $((RANDOM * 256)) $((RANDOM * 256)))
    [ -z "$seed" ] || seeds=("$seed")
    oracle_begin
    trap 'job_end' EXIT
    export PATH
    PATH=$(pg_bin):$PATH
    read_legacy

    seed=${seeds[0]}
    run_status=$nasty_status
    legacy_with cat "$nasty"
    first_run "nasty.sql"
    expect_models target
    printf 'the schema\n'
    expect_sound_schema target
    catalog target
    checks target
    further_runs "nasty.sql"
    [ -z "$full" ] || onto_existing "nasty.sql"
    taken_back
    contract_refused
    run_status=0
    no_rows_and_one
    own_scenarios
    for seed in "${seeds[@]}"; do
        legacy_with fixture "$rows" "$seed" 1
        first_run "$rows rows, seed $seed"
        expect_models target
        [ -z "$full" ] || further_runs "$rows rows, seed $seed"
        onto_existing "$rows rows, seed $seed"
    done
    oracle_verdict
}

job_end() {
    "$drover" sandbox stop --work "$work/target" >/dev/null 2>&1 || true
    oracle_end
}
