# `run-JOB --bench ROWS`: the job by drover run in one database, and by plain SQL in another with the same rows. The SQL works
# out schema expected (expected.sql), makes the tables with the job's own expand steps, fills them (fill), and adds the job's
# own index steps, all of it by one session, as a migration in SQL is run. Both results are compared with schema expected.
# Sourced by job.sh.
# shellcheck shell=bash disable=SC2154

seconds() { # FROM TO, as date +%s.%N gives them
    awk -v from="$1" -v to="$2" 'BEGIN { printf "%.2f", to - from }'
}

# Seconds of processor time that the server's sessions took, of those that have ended.
server_time() {
    sleep 0.3 # the postmaster hears of the last one
    awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.2f", ($14 + $15) / ticks }' \
        "/proc/$(head -n 1 "$pg_dir/data/postmaster.pid")/stat"
}

# Both databases in the server's memory, so that neither side pays for the first read.
warm() { # DATABASE
    local table
    for table in "${legacy_tables[@]}"; do
        value "$1" "SELECT sum(hashtext(t::text)) FROM $table t" >/dev/null
    done
}

timed() { # PART COMMAND…: a line of $work/parts
    local part=$1 from
    shift
    from=$(date +%s.%N)
    "$@"
    printf '%s\t%s\n' "$part" "$(seconds "$from" "$(date +%s.%N)")" >>"$work/parts"
}

print_parts() { # TOTAL: those of $work/parts
    awk -F'\t' -v total="$1" -v rows="$bench" '$2 >= 0.05 { printf "  %-26s %8.2f s %5.1f %%\n", $1, $2, 100 * $2 / total }
        END { printf "  %-26s %8.2f s   %d rows/s\n", "in all", total, rows / total }' "$work/parts"
}

bench_drover() { # sets drover_seconds, verify_seconds, drover_busy: processor time, its own and the server's
    local from server peak user system
    sql postgres -c CHECKPOINT
    warm by_drover
    server=$(server_time)
    from=$(date +%s.%N)
    "$timer" -f '%M %U %S' -o "$work/time" "$drover" run "$top/jobs/$job" \
        --source "host=$PGHOST user=drover dbname=by_drover" --target "host=$PGHOST user=drover dbname=by_drover" \
        --work "$work/by_drover" --quiet "${options[@]}" >"$work/drover.out" 2>&1 ||
        { cat "$work/drover.out"; die "drover run failed"; }
    drover_seconds=$(seconds "$from" "$(date +%s.%N)")
    server=$(seconds "$server" "$(server_time)")

    printf 'drover run\n'
    find "$work/by_drover" -name log.jsonl -exec cat {} + |
        sed -nE '/"stage_done"/s/.*"stage": ?"([^"]*)".*"seconds": ?([0-9.]+).*/\1\t\2/p' >"$work/parts"
    print_parts "$drover_seconds"
    verify_seconds=$(awk -F'\t' '$1 == "verify" { n += $2 } END { printf "%.2f", n }' "$work/parts")
    read -r peak user system < <(tail -n 1 "$work/time")
    printf '  peak memory %d MiB; processor time %s s, and %s s in the system; the server %s s\n' $((peak / 1024)) \
        "$user" "$system" "$server"
    drover_busy=$(awk -v a="$user" -v b="$system" -v c="$server" 'BEGIN { printf "%.2f", a + b + c }')
}

work_out() {
    sql by_sql "${oracle_options[@]}" -f "$top/jobs/$job/tests/expected.sql" >/dev/null
    also_expected | sql by_sql >/dev/null
}

apply_steps() { # PHASE
    "$drover" schema up "$top/jobs/$job" --phase "$1" --workers 1 --target "host=$PGHOST user=drover dbname=by_sql" \
        --work "$work/steps" "${schema_options[@]}" >"$work/drover.out" 2>&1 ||
        { cat "$work/drover.out"; die "drover schema up --phase $1 failed"; }
}

fill_tables() {
    fill | sql by_sql "${values[@]}" --single-transaction -f - >/dev/null
}

# How many rows each of the job's tables holds.
row_counts() { # DATABASE
    local table queries=()
    for table in "${tables[@]}"; do
        queries+=(-c "SELECT '$table', count(*) FROM $table")
    done
    sql "$1" -A -t "${queries[@]}"
}

# The job's own checks of the SQL's result. One that finds an error was passed by drover's: the fill is not right.
check_result() {
    local file found
    for file in "$top/jobs/$job"/verify/*.sql; do
        found=$(sql by_sql -A -t "${values[@]}" -f "$file" | wc -l)
        if [ "$found" -gt 0 ] && ! grep -q '^-- drover: severity=warning' "$file"; then
            printf '  DIFFERENT: %s finds %d rows in what the SQL made\n' "${file##*/}" "$found"
            differences=$((differences + 1))
        fi
    done
}

bench_sql() { # sets sql_seconds, sql_busy
    local server from
    sql postgres -c CHECKPOINT
    warm by_sql
    : >"$work/parts"
    server=$(server_time)
    from=$(date +%s.%N)
    # The oracle comes first: it is written over the legacy tables, as they are before the job adds columns.
    timed "files, copied in" oracle_files by_sql
    timed "rows worked out" work_out
    timed "schema (expand)" apply_steps expand
    timed "tables filled" fill_tables
    timed "schema (index)" apply_steps index
    sql_seconds=$(seconds "$from" "$(date +%s.%N)")
    sql_busy=$(seconds "$server" "$(server_time)")
    printf 'the SQL, by one session: no ledger, no before-images, no files, nothing verified\n'
    print_parts "$sql_seconds"
    printf '  processor time of the server %s s\n' "$sql_busy"
}

job_bench() {
    local timer drover_seconds verify_seconds drover_busy sql_seconds sql_busy check_seconds i values=("${oracle_options[@]}")
    timer=$(type -P time) || die "found no GNU time; run scripts/install-packages"
    seed=${seed:-1}
    work=$(mktemp -d "${TMPDIR:-/tmp}/drover-bench.XXXXXX")
    trap 'pg_stop; rm -rf "$work"' EXIT
    # Enough WAL files are kept that neither side pays for making them.
    pg_start shared_buffers=1GB min_wal_size=6GB max_wal_size=8GB checkpoint_timeout=30min
    PATH=$(pg_bin):$PATH
    read_legacy
    say "$job: $bench rows in the main table, seed $seed"
    legacy_with fixture "$bench" "$seed" 1
    sql legacy -c 'VACUUM (ANALYZE, FREEZE)' -c CHECKPOINT
    database by_drover legacy
    database by_sql legacy
    for ((i = 1; i < ${#options[@]}; i++)); do
        [ "${options[i - 1]}" != --param ] || values+=(-v "${options[i]}")
    done

    bench_drover
    bench_sql
    : >"$work/parts"
    timed checks check_result
    check_seconds=$(cut -f 2 "$work/parts")
    find "$work/by_drover" -name verify.json -exec cat {} + | awk -v all="$verify_seconds" -v beside="$check_seconds" '
        /"own": ?true/ { own = 1 } /"own": ?false/ { own = 0 }
        match($0, /"seconds": ?[0-9.]+/) { n = substr($0, RSTART, RLENGTH); sub(/.*: ?/, "", n); if (own) checks += n }
        END { printf "the job'\''s own checks: %.2f s of what drover verifies (%.2f s); %.2f s one by one on what the SQL made\n",
                     checks, all, beside }'

    "$(pg_bin)/pg_dump" -t 'expected.*' by_sql | sql by_drover -c 'CREATE SCHEMA expected' -f - >/dev/null
    printf 'what drover made\n'
    compare_all by_drover
    printf 'what the SQL made\n'
    compare_all by_sql
    expect_same "rows a table, as drover has them" "$(row_counts by_drover)" "$(row_counts by_sql)"
    oracle_verdict
    awk -v a="$drover_busy" -v b="$sql_busy" 'BEGIN {
        printf "processor time in all, which a busy machine does not stretch: drover %.2f s, SQL %.2f s: %.2f\n", a, b, a / b }'
    awk -v job="$job" -v a="$drover_seconds" -v v="$verify_seconds" -v c="$sql_seconds" -v k="$check_seconds" 'BEGIN {
        printf "%s: drover %.2f s (%.2f s without verification), SQL %.2f s: drover takes %.2f of its time (%.2f without verification; %.2f where the SQL runs the checks too)\n",
               job, a, a - v, c, a / c, (a - v) / c, a / (c + k) }'
}
