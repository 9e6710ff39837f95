#!/bin/sh
# Print the path of a Chromium; install Debian's where there is none.
# Usage: LEADFLOW_CHROMIUM=$(scripts/chromium.sh). A LEADFLOW_CHROMIUM that is set already is looked
# at first.
set -eu

find_chromium() {
    for name in "${LEADFLOW_CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

install_chromium() {
    sudo=
    [ "$(id -u)" = 0 ] || sudo='sudo -n'
    command -v apt-get >/dev/null 2>&1 || return 1
    $sudo apt-get update
    $sudo apt-get install --yes --no-install-recommends chromium
}

if ! find_chromium; then
    install_chromium >&2 || true
    if ! find_chromium; then
        echo "a Chromium is needed: install it (on Debian chromium) or set LEADFLOW_CHROMIUM to" \
            "its program" >&2
        exit 1
    fi
fi
