# Shared by the oracle scripts: a private server, a work folder, comparison both ways. Source it.
# DROVER and DROVER_FIXTURES name the binaries; DROVER_TEST_FULL=--full asks for more rows and seeds.
# shellcheck shell=bash
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

drover=${DROVER:-$top/build/drover}
fixtures=${DROVER_FIXTURES:-$top/build/drover-fixtures}
differences=0
full=${DROVER_TEST_FULL:-}
seed=

# Called once the options are read, of which --full sets full and --seed N seed. The quick run asks the same every time;
# --full, and a seed of your own, look for what is new.
settle_seed() {
    if [ -z "$seed" ]; then
        seed=20251
        [ -z "$full" ] || seed=$((RANDOM * 32768 + RANDOM))
    fi
    RANDOM=$((seed % 32768))
    printf 'seed %d%s\n' "$seed" "${full:+, full}"
}

# Stage files and the server's are synced to disk: in memory that costs nothing. Where there is a folder for that, with
# room for a quick run, and nobody wants another.
in_memory() {
    local free=0
    [ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || free=$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')
    [ "$free" -lt $((4 * 1024 * 1024)) ] || export TMPDIR=/dev/shm
}

oracle_begin() {
    [ -x "$fixtures" ] || die "found no $fixtures; build it, or set DROVER_FIXTURES"
    [ -n "$full" ] || in_memory
    work=$(mktemp -d "${TMPDIR:-/tmp}/drover-oracle.XXXXXX")
    trap oracle_end EXIT
    pg_start fsync=off full_page_writes=off autovacuum=off
}

oracle_end() {
    pg_stop
    rm -rf "$work"
}

database() { # NAME [TEMPLATE]: made anew
    sql postgres -c "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1 ${2:+TEMPLATE $2}" 2>/dev/null
}

# Runs JOB from SOURCE into TARGET, each a database; shows all that drover said if it does not end with 0.
drover_run() { # JOB SOURCE TARGET [OPTION…]
    local job=$1 source=$2 target=$3 status=0
    shift 3
    "$drover" run "$top/jobs/$job" --source "host=$PGHOST user=drover dbname=$source" \
        --target "host=$PGHOST user=drover dbname=$target" --work "$work/$target" --quiet --new "$@" \
        >"$work/drover.out" 2>&1 || status=$?
    if [ "$status" != 0 ]; then
        printf 'drover run %s ended with %d and said:\n' "$job" "$status"
        cat "$work/drover.out"
        differences=$((differences + 1))
        return 1
    fi
}

# Compares two queries of one database as bags of rows, both ways, and shows the first rows that differ.
compare() { # NAME DATABASE EXPECTED ACTUAL
    local found
    sql "$2" -A -t -c "CREATE TEMP TABLE e AS $3" -c "CREATE TEMP TABLE a AS $4" \
        -c "CREATE TEMP TABLE difference AS
            SELECT 'only expected' AS side, d::text AS row FROM (SELECT * FROM e EXCEPT ALL SELECT * FROM a) d
            UNION ALL
            SELECT 'only in the target', d::text FROM (SELECT * FROM a EXCEPT ALL SELECT * FROM e) d" \
        -c "SELECT count(*) FROM difference" -c "SELECT count(*) FROM e" \
        -c "SELECT '    ' || rpad(side, 18) || ' ' || left(row, 300) FROM difference ORDER BY row, side LIMIT 6" >"$work/compared"
    mapfile -t found <"$work/compared"
    if [ "${found[0]}" = 0 ]; then
        printf '  same: %s, %s rows\n' "$1" "${found[1]}"
    else
        printf '  DIFFERENT: %s, %s rows; the first of them:\n' "$1" "${found[0]}"
        printf '%s\n' "${found[@]:2}"
        differences=$((differences + 1))
    fi
}

# Where every row stands and which transaction wrote it: the same before and after if nothing was inserted or updated.
footprint() { # DATABASE TABLE…
    local database=$1 table queries=()
    shift
    for table in "$@"; do
        queries+=(-c "SELECT '$table', count(*), sum(hashtextextended(ctid::text || ' ' || xmin::text, 0)) FROM $table")
    done
    sql "$database" -A -t "${queries[@]}"
}

expect_same() { # WHAT BEFORE AFTER
    if [ "$2" = "$3" ]; then
        printf '  same: %s\n' "$1"
    else
        printf '  DIFFERENT: %s\n' "$1"
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | sed 's/^/    /' || true
        differences=$((differences + 1))
    fi
}

# After SQL, which is taken back, a verify file finds more than it did before.
expect_found() { # FILE DATABASE SQL [PSQL OPTION…]
    local before after
    before=$(sql "$2" -A -t "${@:4}" -f "$1" | wc -l)
    after=$({ printf "BEGIN; SET LOCAL drover.run = 'test'; %s;\n" "$3"; cat "$1"; printf ';\nROLLBACK;\n'; } |
        sql "$2" -A -t "${@:4}" | wc -l)
    expect_same "$(basename "$1" .sql) finds what is wrong" yes "$([ "$after" -gt "$before" ] && echo yes || echo "no: $before rows, then $after")"
}

oracle_verdict() {
    [ "$differences" = 0 ] || die "$differences differences"
    printf 'no differences\n'
}
