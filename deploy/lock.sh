#!/bin/sh
# Compiles requirements/*.in to exact versions with hashes; no index's address enters the files.
set -eu
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-header --no-annotate --quiet "$@"
}
compile requirements/base.in -o requirements/base.txt
compile requirements/dev.in -c requirements/base.txt -o requirements/dev.txt
