# Shared by the scripts here: source it, then call. Sets top, the folder of the project.
# shellcheck shell=bash
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export top

say() { printf '==> %s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Where initdb and pg_ctl are: not in PATH on Debian.
pg_bin() {
    local dir
    for dir in /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null || true)"; do
        if [ -x "$dir/initdb" ]; then
            printf '%s\n' "$dir"
            return
        fi
    done
    die "found no PostgreSQL server programs (initdb); run scripts/install-packages"
}

# The server refuses to run as root: root runs it as postgres. The folder must not be root's alone.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@")
    else
        "$@"
    fi
}

# pg_start [SETTING…]: a private server on a Unix socket, UTF-8 with the ICU collation und. Sets pg_dir and PGHOST;
# pg_stop, which the caller traps, stops it and removes all of it.
pg_start() {
    local bin setting options
    bin=$(pg_bin)
    pg_dir=$(mktemp -d "${TMPDIR:-/tmp}/drover-pg.XXXXXX")
    if [ "$(id -u)" = 0 ]; then
        chown postgres:postgres "$pg_dir"
    fi
    options="-c listen_addresses='' -c unix_socket_directories='$pg_dir'"
    for setting in "$@"; do
        options="$options -c $setting"
    done
    as_server "$bin/initdb" -D "$pg_dir/data" -U drover -A trust --encoding=UTF8 --locale=C.UTF-8 \
        --locale-provider=icu --icu-locale=und >"$pg_dir.initdb" 2>&1 || { cat "$pg_dir.initdb" >&2; return 1; }
    rm -f "$pg_dir.initdb"
    as_server "$bin/pg_ctl" -D "$pg_dir/data" -w -l "$pg_dir/log" -o "$options" start >/dev/null \
        || { tail -n 20 "$pg_dir/log" >&2; return 1; }
    export PGHOST=$pg_dir PGUSER=drover PGDATABASE=postgres PGOPTIONS=
}

pg_stop() {
    if [ -n "${pg_dir:-}" ] && [ -d "$pg_dir" ]; then
        as_server "$(pg_bin)/pg_ctl" -D "$pg_dir/data" -m immediate stop >/dev/null 2>&1 || true
        rm -rf "$pg_dir"
    fi
}

# sql DATABASE ARGUMENT…: psql that stops at the first error and reads no psqlrc.
sql() {
    local database=$1
    shift
    psql -X -q -v ON_ERROR_STOP=1 -d "$database" "$@"
}

value() {
    sql "$1" -A -t -c "$2"
}
