#!/bin/sh
# Runs every check to the end and then says how many failed.
cd "$(dirname "$0")/.." || exit 1
bin=.venv/bin
failed=0
CANDOUR_DATA_DIR=$(mktemp -d)
export CANDOUR_DATA_DIR
trap 'rm -rf "$CANDOUR_DATA_DIR"' EXIT

check() {
    name=$1
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        printf 'ok     %s\n' "$name"
    else
        printf 'FAILED %s\n' "$name"
        tail -n 40 "$log" | sed 's/^/       /'
        failed=$((failed + 1))
    fi
    rm -f "$log"
}

check format $bin/ruff format --check .
check lint $bin/ruff check .
check types $bin/mypy
check "rooms and doors" $bin/lint-imports --no-cache
check migrations $bin/python manage.py makemigrations --check --dry-run
check templates $bin/djlint templates --lint --quiet
check "system checks" $bin/python manage.py check --fail-level WARNING
check "no registry's name in any file" sh -c '! git grep -nIE "py""pi[.]org|python""hosted|registry[.]npm""js|deb[.]deb""ian" -- .'

if [ "$failed" -gt 0 ]; then
    printf '%s checks failed\n' "$failed"
    exit 1
fi
printf 'all checks passed\n'
