#!/bin/sh
# Make requirements/*.txt anew: every version pinned and hashed, for Python 3.11 and newer.
# Usage: scripts/lock.sh [UV]. Pass UPGRADE=1 to take the newest versions that pyproject.toml allows.
set -eu

cd "$(dirname "$0")/.."
uv=${1:-uv}
upgrade=${UPGRADE:+--upgrade}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

export UV_CUSTOM_COMPILE_COMMAND='make lock'

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --no-config --no-sources \
        --no-emit-index-url --no-emit-find-links --no-emit-build-options "$@"
}

# Pins already in a lock are kept unless UPGRADE is given.
# shellcheck disable=SC2086
compile pyproject.toml --extra testing --extra cli --extra frames --extra routing --group dev \
    --generate-hashes $upgrade --output-file requirements/dev.txt

# The tests alone: for the other Pythons and the built wheel. An output file that is there already
# says which versions to prefer, so each lock below starts from the one above.
cp requirements/dev.txt requirements/test.txt
compile pyproject.toml --extra testing --extra cli --extra frames --extra routing --group test \
    --generate-hashes --output-file requirements/test.txt

# The same with Spark, which is large: only the session that needs it installs it.
# shellcheck disable=SC2086
compile pyproject.toml --extra testing --extra cli --extra spark --group test \
    --constraint requirements/test.txt \
    --generate-hashes $upgrade --output-file requirements/spark.txt

# What lifelines asks for, an older pandas among it.
# shellcheck disable=SC2086
compile pyproject.toml --group survival --no-annotate \
    --generate-hashes $upgrade --output-file requirements/lifelines.txt

# The lowest versions of our own dependencies, with the test tools of dev.txt where these allow.
compile pyproject.toml --extra testing --extra cli --extra frames --extra routing \
    --resolution lowest-direct \
    --no-header --no-annotate --output-file "$scratch/runtime.txt"
cp requirements/dev.txt requirements/lowest.txt
compile pyproject.toml --extra testing --extra cli --extra frames --extra routing --group test \
    --constraint "$scratch/runtime.txt" --no-annotate \
    --generate-hashes --output-file requirements/lowest.txt

# What is measured is what was tested, but rule-engine asks for an older python-dateutil.
sed -n '/^[a-z].*==/s/ *\\$//p' requirements/test.txt | grep -v '^python-dateutil==' \
    >"$scratch/tested.txt"
# shellcheck disable=SC2086
compile pyproject.toml --extra routing --extra spark --group build --group bench \
    --constraint "$scratch/tested.txt" --no-annotate \
    --generate-hashes $upgrade --output-file requirements/bench.txt
