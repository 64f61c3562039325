# `run-JOB --bench ROWS`: what the job takes, beside its oracle's SQL on a database with the same rows. The SQL only works
# out what the rows should be: it fills no target table, builds no index, verifies nothing. Sourced by job.sh.
# shellcheck shell=bash disable=SC2154

seconds() { # FROM TO, as date +%s.%N gives them
    awk -v from="$1" -v to="$2" 'BEGIN { printf "%.2f", to - from }'
}

# Both databases in the server's memory, so that neither side pays for the first read.
warm() { # DATABASE
    local table
    for table in "${legacy_tables[@]}"; do
        value "$1" "SELECT sum(hashtext(t::text)) FROM $table t" >/dev/null
    done
}

job_bench() {
    local timer from drover_seconds sql_seconds peak elapsed user system
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
    sql postgres -c CHECKPOINT

    warm by_drover
    from=$(date +%s.%N)
    "$timer" -f '%M %e %U %S' -o "$work/time" "$drover" run "$top/jobs/$job" \
        --source "host=$PGHOST user=drover dbname=by_drover" --target "host=$PGHOST user=drover dbname=by_drover" \
        --work "$work/runs" --quiet "${options[@]}" >"$work/drover.out" 2>&1 ||
        { cat "$work/drover.out"; die "drover run failed"; }
    drover_seconds=$(seconds "$from" "$(date +%s.%N)")
    sql postgres -c CHECKPOINT

    warm by_sql
    from=$(date +%s.%N)
    oracle_files by_sql
    sql by_sql "${oracle_options[@]}" -f "$top/jobs/$job/tests/expected.sql" >/dev/null
    sql_seconds=$(seconds "$from" "$(date +%s.%N)")

    find "$work/runs" -name log.jsonl -exec cat {} + |
        sed -nE '/"stage_done"/s/.*"stage": ?"([^"]*)".*"seconds": ?([0-9.]+).*/\1 \2/p' |
        awk -v total="$drover_seconds" -v rows="$bench" '
            { printf "  %-10s %8.2f s %5.1f %%\n", $1, $2, 100 * $2 / total }
            END { printf "  %-10s %8.2f s   %d rows/s\n", "drover run", total, rows / total }'
    read -r peak elapsed user system < <(tail -n 1 "$work/time")
    printf '  peak memory %d MiB; processor time %s s of its own, %s s in the system, of %s s\n' $((peak / 1024)) \
        "$user" "$system" "$elapsed"
    awk -v job="$job" -v a="$drover_seconds" -v b="$sql_seconds" 'BEGIN {
        printf "  %-10s %8.2f s\n%s: the SQL takes %.2f times as long as drover\n", "the SQL", b, job, b / a }'
    also_expected | sql by_sql
    "$(pg_bin)/pg_dump" -t 'expected.*' by_sql | sql by_drover -c 'CREATE SCHEMA expected' -f - >/dev/null
    compare_all by_drover
    oracle_verdict
}
