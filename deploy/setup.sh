#!/bin/sh
# Makes .venv with the locked packages and sees that the few system libraries are there.
# Usage: deploy/setup.sh run|dev        (dev adds what the tests need: a browser and PDF tools)
# Does nothing when everything is there already; can be run as often as you like.
set -eu
cd "$(dirname "$0")/.."
want=${1:-run}

say() { printf 'candour: %s\n' "$*" >&2; }

find_python() {
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

has_library() { # by soname, in the places where the loader looks
    /sbin/ldconfig -p 2>/dev/null | grep -q "$1" || ldconfig -p 2>/dev/null | grep -q "$1"
}

missing=""
need_library() { has_library "$1" || missing="$missing $2"; }
need_command() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }

need_library libpango-1.0.so.0 libpango-1.0-0
need_library libpangoft2-1.0.so.0 libpangoft2-1.0-0
need_library libharfbuzz-subset.so.0 libharfbuzz-subset0
need_library libfontconfig.so.1 fontconfig
python=$(find_python || true)
if [ -z "$python" ]; then
    missing="$missing python3"
elif ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    missing="$missing python3-venv"
fi
if [ "$want" = dev ]; then
    need_command chromium chromium
    need_command pdfsig poppler-utils
    need_command git git
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        as_root="no"
    fi
    if [ "$as_root" = no ] || ! command -v apt-get >/dev/null 2>&1; then
        say "these system packages are missing:$missing"
        say "ask an administrator to run:  apt-get install$missing"
        exit 1
    fi
    say "installing system packages:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        say "these packages could not be installed:$missing"
        exit 1
    fi
    rm -f "$log"
    python=$(find_python) || { say "Python 3.11 or newer is needed"; exit 1; }
fi

if [ "$want" = dev ]; then lock=requirements/dev.txt; else lock=requirements/base.txt; fi
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    rm -rf .venv
    say "making .venv with $("$python" --version)"
    "$python" -m venv .venv
fi
stamp=".venv/candour-$(cksum < "$lock" | tr ' ' '-')"
if [ ! -f "$stamp" ]; then
    say "installing the locked packages of $lock (a few minutes the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" || {
        say "the locked packages could not be installed; is the package index within reach?"
        exit 1
    }
    touch "$stamp"
fi
