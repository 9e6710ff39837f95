#!/bin/sh
# Make a virtual environment with the first Python that really runs and is new enough.
# Usage: scripts/venv.sh DIRECTORY. The variable PYTHON names an interpreter to use instead.
set -eu

directory=$1

runs() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    # A name on the PATH may be a shim that leads nowhere, so each one is tried.
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
        if runs "$name"; then
            command -v "$name"
            return
        fi
    done
    # Interpreters that pyenv keeps but has not put forward.
    if command -v pyenv >/dev/null 2>&1; then
        for name in "$(pyenv root)"/versions/3.*/bin/python; do
            if runs "$name"; then
                echo "$name"
                return
            fi
        done
    fi
    echo "no working Python 3.11 or newer was found; install one or set PYTHON" >&2
    return 1
}

create() {
    rm -rf "$directory"
    "$python" -m venv "$directory" && "$directory/bin/python" -m pip --version >/dev/null
}

python=$(find_python)
echo "making $directory with $("$python" --version)" >&2
if ! create; then
    # Debian keeps ensurepip in a package of its own.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        apt-get update
        apt-get install --yes "python$version-venv" || apt-get install --yes python3-venv
        create
    else
        echo "the venv module of $python does not work; on Debian install python3-venv" >&2
        exit 1
    fi
fi
