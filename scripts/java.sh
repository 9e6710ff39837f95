#!/bin/sh
# Print the home of a Java that Spark runs on, 17 or newer; install Debian's where there is none.
# Usage: JAVA_HOME=$(scripts/java.sh). A JAVA_HOME that is set already is looked at first.
set -eu

version_of() {
    "$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1
}

find_java() {
    for java in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)" \
        /usr/lib/jvm/*/bin/java; do
        if [ -x "$java" ]; then
            version=$(version_of "$java")
            if [ "${version:-0}" -ge 17 ]; then
                # /usr/bin/java is a link into the home.
                dirname "$(dirname "$(readlink -f "$java")")"
                return
            fi
        fi
    done
    return 1
}

install_java() {
    sudo=
    [ "$(id -u)" = 0 ] || sudo='sudo -n'
    command -v apt-get >/dev/null 2>&1 || return 1
    $sudo apt-get update
    $sudo apt-get install --yes --no-install-recommends openjdk-17-jre-headless ||
        $sudo apt-get install --yes --no-install-recommends default-jre-headless
}

if ! find_java; then
    install_java >&2 || true
    if ! find_java; then
        echo "Spark needs Java 17 or newer: install it (on Debian openjdk-17-jre-headless or" \
            "default-jre-headless) or set JAVA_HOME to one" >&2
        exit 1
    fi
fi
