# Shared by the fault scripts: fixtures, runs that are killed, what a run left. Source it. It builds upon the
# oracles' lib.sh: a private server, a work folder, `differences`.
# shellcheck shell=bash disable=SC2034 # sets what the scripts that source it read
# shellcheck source=tests/oracle/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../oracle/lib.sh"

job=$top/jobs/bookings
clock=now=2025-06-01T00:00:00Z
tables=(public.users public.payments public.user_activity_logs public.bookings)
unset DROVER_SOURCE DROVER_TARGET DROVER_WORK

# The options that all scripts know; says the seed, from which every random choice comes.
fault_options() { # ARGUMENT…
    while [ $# -gt 0 ]; do
        case $1 in
        --full) full=--full ;;
        --seed) seed=${2:?--seed needs a number} && shift ;;
        -*) die "usage: ${0##*/} [--full] [--seed N] [DROVER]; see its first lines for options of its own" ;;
        *) drover=$1 ;;
        esac
        shift
    done
    [ -x "$drover" ] || die "found no $drover; build it, or name it"
    settle_seed
}

# draw N: sets drawn to one of 0 … N-1. Not by $(…): a subshell would draw the same number again and again.
draw() {
    drawn=$(((RANDOM * 32768 + RANDOM) % $1))
}

now_ms() { # sets ms
    local micro=${EPOCHREALTIME/[.,]/}
    ms=$((micro / 1000))
}

nap() { # MS
    sleep "$(($1 / 1000)).$(printf '%03d' $(($1 % 1000)))"
}

complain() {
    printf '  WRONG: %s\n' "$*"
    differences=$((differences + 1))
}

# How far a long run is: every tenth time.
tick() { # WHAT NUMBER
    [ -z "$full" ] || [ $(($2 % 10)) != 0 ] || printf '  %s: %d so far, %d wrong, %d s\n' "$1" "$2" "$differences" $SECONDS
}

# Database legacy: ROWS bookings; a few on almost empty pages, so that even they make several parts.
legacy() { # ROWS
    database legacy
    sql legacy -f "$job/tests/legacy.sql"
    [ "$1" -gt 200000 ] || sql legacy -c 'ALTER TABLE public.bookings SET (fillfactor = 10)'
    "$fixtures" bookings --no-schema --rows "$1" --seed "$((seed % 1000000))" | sql legacy
}

# A database whose files are copies of legacy's: the same rows in the same places.
copy_of_legacy() { # NAME
    PGOPTIONS='-c client_min_messages=error' sql postgres -c "DROP DATABASE IF EXISTS $1 (FORCE)" \
        -c "CREATE DATABASE $1 TEMPLATE legacy"
}

drop_database() { # NAME: with its work folder
    PGOPTIONS='-c client_min_messages=error' sql postgres -c "DROP DATABASE IF EXISTS $1 (FORCE)"
    rm -rf "${work:?}/$1"
}

# The arguments of a run of the job inside one database, with work/NAME: sets arguments.
arguments_for() { # NAME
    arguments=("$job" --source "host=$PGHOST user=drover dbname=$1" --target "host=$PGHOST user=drover dbname=$1"
        --work "$work/$1" --param "$clock" --quiet)
}

# The newest run's folder: sets run_dir, "" where there is none.
find_run() { # NAME
    local record
    run_dir=
    for record in "$work/$1"/bookings/*/run.json; do
        [ ! -e "$record" ] || run_dir=${record%/run.json}
    done
}

run_is_done() { # NAME
    find_run "$1"
    [ -n "$run_dir" ] && [ -e "$run_dir/done.json" ]
}

# Starts `drover COMMAND…` as a process group of its own: sets pid. What it says goes to work/NAME.out.
start() { # NAME COMMAND OPTION…
    local name=$1 command=$2
    shift 2
    arguments_for "$name"
    setsid "$drover" "$command" "${arguments[@]}" "$@" >"$work/$name.out" 2>&1 &
    pid=$!
}

finish() { # sets code
    code=0
    wait "$pid" 2>/dev/null || code=$?
    pid=
}

attempt() { # NAME COMMAND OPTION…: sets code
    start "$@"
    finish
}

# The stage that the log says was under way last.
stage_reached() { # NAME: sets stage
    find_run "$1"
    stage=opening
    [ -n "$run_dir" ] && [ -e "$run_dir/log.jsonl" ] || return 0
    stage=$(awk '
        /"event":"run_(begun|resumed)"/ { stage = "opening" }
        /"event":"stage_begun"/ { match($0, /"stage":"[a-z]+"/); stage = substr($0, RSTART + 9, RLENGTH - 10) }
        END { print stage }' "$run_dir/log.jsonl")
}

# Waits until the run of NAME begins STAGE, or ends.
await_stage() { # NAME STAGE
    local seen=0
    find_run "$1"
    # Of a resumed run only what its log gets from now on counts.
    [ -z "$run_dir" ] || [ ! -e "$run_dir/log.jsonl" ] || seen=$(wc -c <"$run_dir/log.jsonl")
    while kill -0 "$pid" 2>/dev/null; do
        [ -n "$run_dir" ] || find_run "$1"
        if [ -n "$run_dir" ] && [ -e "$run_dir/log.jsonl" ] &&
            tail -c +$((seen + 1)) "$run_dir/log.jsonl" | grep -q "\"stage_begun\",\"stage\":\"$2\""; then
            return 0
        fi
        sleep 0.002
    done
}

# How long STAGE took in the run of NAME that was not disturbed: sets took, in ms.
stage_took() { # NAME STAGE
    find_run "$1"
    took=$(sed -nE "s/.*\"stage_done\",\"stage\":\"$2\",\"seconds\":([0-9.]+).*/\1/p" "$run_dir/log.jsonl" |
        awk 'END { printf "%d", $1 * 1000 }')
}

# Every file that the run left, but for those that hold its name and clock times; and no leftovers.
files_of() { # NAME
    find_run "$1"
    (cd "$run_dir" && find . -type f ! -name log.jsonl ! -name run.json ! -name done.json ! -name verify.json ! -name target -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum)
}

# The tables row for row; the shape of the schema; what the ledger counted; what a rollback would need.
target_of() { # DATABASE
    local table
    for table in "${tables[@]}"; do
        printf '%s %s\n' "$table" "$(value "$1" "COPY (SELECT t::text FROM $table t ORDER BY t::text COLLATE \"C\") TO STDOUT" | md5sum)"
    done
    value "$1" "SELECT 'runs', count(DISTINCT run_id) FROM drover.ledger"
    value "$1" "SELECT 'ledger', step, part, offered, inserted, updated, unchanged, rejected, sha256
                FROM drover.ledger ORDER BY step COLLATE \"C\", part"
    # Where a part is cut into batches depends on the time that they take, so row by row.
    value "$1" "SELECT 'before', step, part, column_name, md5(string_agg(concat(k, '=', o), ',' ORDER BY k, o))
                FROM drover.before_image, unnest(keys, CASE cardinality(old) WHEN 1
                    THEN array_fill(old[1], ARRAY[cardinality(keys)]) ELSE old END) AS u (k, o)
                GROUP BY step, part, column_name ORDER BY step COLLATE \"C\", part, column_name COLLATE \"C\""
    value "$1" "SELECT 'inserted', step, part, md5(string_agg(k, ',' ORDER BY k)) FROM drover.inserted_key
                JOIN drover.ledger USING (run_id, step, part), unnest(keys) AS u (k)
                WHERE inserted < offered - rejected GROUP BY step, part ORDER BY 2, 3"
    value "$1" "SELECT 'schema', job, name, phase, up_sha256 FROM drover.schema_step ORDER BY name COLLATE \"C\""
    printf 'shape %s\n' "$("$(pg_bin)/pg_dump" -s -n public "$1" | sed '/^\\\(un\)\?restrict/d' | md5sum)"
    value "$1" "SELECT 'invalid index', indexrelid::regclass FROM pg_index WHERE NOT indisvalid"
}

# What NAME's run left must be what the undisturbed run left: files_wanted and target_wanted.
expect_undisturbed() { # NAME WHAT
    local before=$differences
    run_is_done "$1" || complain "$2: the run is not done"
    differ "$2: files" "$files_wanted" "$(files_of "$1")"
    differ "$2: target" "$target_wanted" "$(target_of "$1")"
    [ "$differences" = "$before" ]
}

differ() { # WHAT WANTED GOT: silent where they are the same
    if [ "$2" != "$3" ]; then
        complain "$1 differ:"
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | head -n 20 | sed 's/^/    /' || true
    fi
}

# One run that nobody disturbs, in database NAME: sets files_wanted, target_wanted and calm_ms.
undisturbed() { # NAME OPTION…
    undisturbed_by "$1" run "${@:2}"
}

undisturbed_by() { # NAME COMMANDS OPTION…
    local began command name=$1 commands=$2
    shift 2
    now_ms
    began=$ms
    for command in $commands; do
        attempt "$name" "$command" "$@"
        if [ "$code" != 0 ]; then
            cat "$work/$name.out"
            die "the undisturbed drover $command ended with $code"
        fi
    done
    now_ms
    calm_ms=$((ms - began))
    files_wanted=$(files_of "$name")
    target_wanted=$(target_of "$name")
    printf 'undisturbed: %d ms, %d files\n' "$calm_ms" "$(grep -c . <<<"$files_wanted")"
}

fault_begin() {
    oracle_begin
    trap fault_end EXIT
    trap 'exit 1' INT TERM
}

fault_end() {
    # Only the group that this script started, and only where it still runs.
    [ -z "${pid:-}" ] || kill -9 -- "-$pid" 2>/dev/null || true
    oracle_end
}
