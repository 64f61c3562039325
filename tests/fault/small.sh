# Shared by the fault scripts that run drover thousands of times: tests/fault/small, a job of a few rows that has every
# stage, every load mode and a barrier, inside one database a lane. Source it.
# shellcheck shell=bash disable=SC2034,SC2154 # sets what the scripts that source it read, and the other way round
# shellcheck source=tests/fault/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

job=$top/tests/fault/small
trials=0
overcome=0
lanes=
in_memory
preload=${DROVER_PRELOAD:-$top/build-dev/libfault_preload.so}

# The options of the scripts that walk through trials, with those that all know: sets all where all places are wanted,
# repeat where what comes from them again is wanted too.
small_options() { # ARGUMENT…
    local rest=()
    all=
    repeat=
    only=
    while [ $# -gt 0 ]; do
        case $1 in
        --places) all=yes ;;
        --only) only=${2:?--only needs a call} && all=yes && shift ;;
        --lanes) lanes=${2:?--lanes needs a number} && shift ;;
        --seed) rest+=("$1" "${2:?--seed needs a number}") && shift ;;
        *) rest+=("$1") ;;
        esac
        shift
    done
    fault_options "${rest[@]}"
    [ -n "$all" ] || repeat=$full
    [ -z "$full" ] || all=yes
}

# A server that is silent for so long is asked on another connection whether it still works (docs/guarantees.md).
patience='tcp_user_timeout=1500 connect_timeout=2'

# `drover COMMAND OPTION…` on NAME: sets command_line.
small_command() { # NAME COMMAND [OPTION…]
    local name=$1 command=$2
    shift 2
    command_line=("$drover" "$command" "$job" --target "${server:-host=$PGHOST} user=drover dbname=$name $patience"
        --work "$work/$name")
    if [ "$command" = rollback ]; then
        small_run "$name"
        command_line+=(--run "${run_dir##*/}" --yes)
    else
        command_line+=(--source "${server:-host=$PGHOST} user=drover dbname=$name $patience" --param "$clock" --quiet
            --workers 2)
    fi
    command_line+=("$@")
}

# The same, with VARIABLE=VALUE… in its environment, to its end: sets code; what it says goes to work/NAME.out.
small() { # NAME COMMAND [VARIABLE=VALUE…]
    small_command "$1" "$2"
    code=0
    timeout -s KILL 150 env "${@:3}" "${command_line[@]}" >"$work/$1.out" 2>&1 || code=$?
}

# What psql prints for the lines given, by one psql a database that is kept: to start one costs more than what it does.
declare -A asked_by=() answers=() resets=()
ask() { # NAME LINE…
    local name=$1 done=
    shift
    if [ -z "${asked_by[$name]:-}" ]; then
        local asking answering
        rm -f "$work/$name.ask" "$work/$name.answer"
        mkfifo "$work/$name.ask" "$work/$name.answer"
        PGOPTIONS='-c client_min_messages=error' sql "$name" -A -t <"$work/$name.ask" >"$work/$name.answer" 2>"$work/$name.error" &
        exec {asking}>"$work/$name.ask" {answering}<"$work/$name.answer"
        asked_by[$name]=$asking
        answers[$name]=$answering
    fi
    : >"$work/$name.rows"
    printf '%s\n' "\\o $work/$name.rows" "$@" '\o' '\echo done' >&"${asked_by[$name]}"
    read -r done <&"${answers[$name]}" || die "psql on $name: $(cat "$work/$name.error")"
    printf '%s' "$(<"$work/$name.rows")"
}

ask_no_more() { # NAME
    local asking=${asked_by[$1]:-} answering=${answers[$1]:-}
    [ -n "$asking" ] || return 0
    exec {asking}>&- {answering}<&-
    asked_by[$1]=
}

# A fresh source and target, and no work folder.
small_reset() { # NAME
    resets[$1]=$((${resets[$1]:-0} + 1))
    # What was dropped stays in the catalogs, which get slower by it.
    [ $((resets[$1] % 300)) != 0 ] || small_database "$1"
    ask "$1" 'DROP SCHEMA IF EXISTS drover, public CASCADE;' 'CREATE SCHEMA public;' "\\i $job/legacy.sql"
    rm -rf "${work:?}/$1"
}

small_database() { # NAME
    ask_no_more "$1"
    PGOPTIONS='-c client_min_messages=error' sql postgres -c "DROP DATABASE IF EXISTS $1 (FORCE)" -c "CREATE DATABASE $1"
}

# The run's folder: sets run_dir, "" where there is none; more than one are an error.
small_run() { # NAME
    local record
    run_dir=
    for record in "$work/$1"/small/*/run.json; do
        [ -e "$record" ] || continue
        [ -z "$run_dir" ] || complain "$1: a second run was begun: ${record%/run.json}"
        run_dir=${record%/run.json}
    done
}

# What is in the target, and what the ledger says of it. Numbers that a sequence gave are left out: those of a part that
# was rolled back are not given again.
small_target() { # NAME
    ask "$1" "\\i $job/target.sql"
}

small_files() { # NAME
    local file files=()
    small_run "$1"
    (
        cd "${run_dir:-/nonexistent}" || exit
        shopt -s globstar nullglob dotglob
        LC_ALL=C
        for file in **; do
            case ${file##*/} in
            log.jsonl | run.json | verify.json | done.json | target) ;;
            *) [ ! -f "$file" ] || files+=("$file") ;;
            esac
        done
        sha256sum "${files[@]}"
    )
}

# One run that nobody disturbs, then its rollback: sets files_wanted, target_wanted and target_rolled_back.
small_undisturbed() { # NAME
    small_reset "$1"
    small "$1" run
    [ "$code" = 0 ] || die "the undisturbed run ended with $code: $(cat "$work/$1.out")"
    files_wanted=$(small_files "$1")
    target_wanted=$(small_target "$1")
    small "$1" rollback
    [ "$code" = 0 ] || die "the undisturbed rollback ended with $code: $(cat "$work/$1.out")"
    target_rolled_back=$(small_target "$1")
}

# Runs the command of lane0 and writes down what it calls: COMMAND.counts and COMMAND.places (tests/fault/faults.h).
watch() { # COMMAND VARIABLE=VALUE…
    local command=$1
    shift
    small lane0 "$command" "${environment[@]}" "$@" FAULT_COUNTS="$work/$command.counts" FAULT_PLACES="$work/$command.places"
    [ "$code" = 0 ] || die "drover $command ended with $code under $preload: $(cat "$work/lane0.out")"
    printf 'drover %s: %d sites, %d places, %d calls\n' "$command" \
        "$(cut -d ' ' -f 3 "$work/$command.places" | sort -u | wc -l)" "$(wc -l <"$work/$command.places")" \
        "$(awk '{ sum += $2 } END { print sum }' "$work/$command.counts")"
}

# The run of NAME has come to its end: all is as the undisturbed run left it.
small_is_whole() { # NAME WHAT
    small_run "$1"
    if [ -z "$run_dir" ] || [ ! -e "$run_dir/done.json" ]; then
        complain "$2: the run is not done"
        return
    fi
    differ "$2: files" "$files_wanted" "$(small_files "$1")"
    differ "$2: target" "$target_wanted" "$(small_target "$1")"
}

# What the faulty command said: 0 only where it got over it, else 3 and a message with what to do next; none where
# nothing can be written any more.
small_said() { # NAME WHAT
    case $code in
    0) overcome=$((overcome + 1)) ;;
    3)
        [[ ! -s $work/$1.out && $2 =~ CALL=write\ (FAULT_PLACE=[0-9a-f]+\ )?FAULT_AT=[0-9]+\+ ]] ||
            { grep -q '^drover: ' "$work/$1.out" && grep -q '  next: ' "$work/$1.out"; } ||
            complain "$2: ended with 3 and does not say what to do: $(head -c 2000 "$work/$1.out")"
        ;;
    137) complain "$2: did not end" ;;
    *) complain "$2: ended with $code: $(head -c 4000 "$work/$1.out")" ;;
    esac
}

# A run with a fault in it; then again without, where it did not get over it.
trial_run() { # NAME WHAT VARIABLE=VALUE…
    local name=$1 what=$2
    shift 2
    small_reset "$name"
    small "$name" run "$@"
    small_said "$name" "$what"
    if [ "$code" != 0 ]; then
        small_run "$name"
        [ -z "$run_dir" ] || [ ! -e "$run_dir/done.json" ] || complain "$what: ended with $code, but the run is done"
        small "$name" run
        [ "$code" = 0 ] || complain "$what: resuming it ended with $code: $(head -c 2000 "$work/$name.out")"
    fi
    small_is_whole "$name" "$what"
}

# The same with the rollback of a run.
trial_rollback() { # NAME WHAT VARIABLE=VALUE…
    local name=$1 what=$2
    shift 2
    small_reset "$name"
    small "$name" run
    [ "$code" = 0 ] || complain "$what: the run before it ended with $code"
    small "$name" rollback "$@"
    small_said "$name" "$what"
    if [ "$code" != 0 ]; then
        small "$name" rollback
        [ "$code" = 0 ] || complain "$what: resuming it ended with $code: $(head -c 2000 "$work/$name.out")"
    fi
    differ "$what: target" "$target_rolled_back" "$(small_target "$name")"
    small_run "$name"
    grep -q '"done"' "$run_dir/rolled_back.json" || complain "$what: rolled_back.json does not say so"
}

# Carries out the trials of list, "COMMAND VARIABLE=VALUE…" each, in an order that the seed draws: all of them, with a
# lane a processor (or --lanes); or `least`, and more while `seconds` last. Counts trials, overcome and differences.
walk() { # WHAT [all]
    local lane began=$SECONDS counted pids=() every=${2:-} count=1
    shuffle
    trials=0
    overcome=0
    [ -z "$every" ] || count=${lanes:-$(nproc)}
    [ "$count" -le ${#list[@]} ] || count=1
    for ((lane = 1; lane < count; lane++)); do
        small_database "lane$lane"
        (
            trap - EXIT
            asked_by=()
            walk_lane "$lane"
            printf '%d %d %d\n' "$differences" "$trials" "$overcome" >"$work/lane$lane.count"
        ) &
        pids+=($!)
    done
    walk_lane 0
    [ ${#pids[@]} = 0 ] || wait "${pids[@]}" || true
    for ((lane = 1; lane < count; lane++)); do
        if read -r -a counted 2>/dev/null <"$work/lane$lane.count"; then
            differences=$((differences + counted[0]))
            trials=$((trials + counted[1]))
            overcome=$((overcome + counted[2]))
        else
            complain "lane $lane did not come to its end"
        fi
        rm -f "$work/lane$lane.count"
    done
    printf '%s: %d of %d trials in %d s; %d of them drover got over at once\n' "$1" "$trials" ${#list[@]} \
        $((SECONDS - began)) "$overcome"
}

shuffle() {
    local at kept
    for ((at = ${#list[@]} - 1; at > 0; at--)); do
        draw $((at + 1))
        kept=${list[at]}
        list[at]=${list[drawn]}
        list[drawn]=$kept
    done
}

walk_lane() { # LANE: of count, every or not
    local at from=$SECONDS words done=0
    [ "$1" = 0 ] || differences=0
    for ((at = $1; at < ${#list[@]}; at += count)); do
        if [ -z "$every" ] && [ "$done" -ge "$least" ] && [ $((SECONDS - from)) -ge "$seconds" ]; then
            break
        fi
        read -r -a words <<<"${list[at]}"
        "trial_${words[0]}" "lane$1" "${list[at]}" "${words[@]:1}" "${environment[@]}"
        done=$((done + 1))
        [ -z "$every" ] || [ $((done % 50)) != 0 ] || printf '  lane %d: %d, %d wrong, %d s\n' "$1" "$done" "$differences" $((SECONDS - from))
    done
    trials=$done
}
