#!/bin/sh
# Print the folder of PostgreSQL's server programs; install Debian's where there are none.
# Usage: LEADFLOW_POSTGRES=$(scripts/postgres.sh). A LEADFLOW_POSTGRES that is set already is looked
# at first.
set -eu

find_postgres() {
    on_path=$(command -v initdb || true)
    # Debian keeps them off the PATH, a folder for each version; the newest comes last.
    debians=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    for initdb in "${LEADFLOW_POSTGRES:+$LEADFLOW_POSTGRES/initdb}" "$debians" "$on_path"; do
        if [ -x "$initdb" ]; then
            # What is on the PATH may be a link into the folder.
            dirname "$(readlink -f "$initdb")"
            return
        fi
    done
    return 1
}

install_postgres() {
    sudo=
    [ "$(id -u)" = 0 ] || sudo='sudo -n'
    command -v apt-get >/dev/null 2>&1 || return 1
    $sudo apt-get update
    $sudo apt-get install --yes --no-install-recommends postgresql
}

if ! find_postgres; then
    install_postgres >&2 || true
    if ! find_postgres; then
        echo "PostgreSQL's server is needed: install it (on Debian postgresql) or set" \
            "LEADFLOW_POSTGRES to the folder of initdb and pg_ctl" >&2
        exit 1
    fi
fi
