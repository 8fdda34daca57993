#!/bin/sh
# All tests: once on the embedded default, then what touches data again on PostgreSQL, then the journeys in a browser.
# With CANDOUR_REQUIRE_SERVICES=1 a service that does not answer is a failure; else its part is left out and named.
set -u
cd "$(dirname "$0")/.." || exit 1
python=.venv/bin/python
failed=0

postgres=${TEST_DATABASE_URL:-postgresql://root@127.0.0.1:5432/postgres}
redis=${TEST_REDIS_URL:-redis://127.0.0.1:6379/9}
require=${CANDOUR_REQUIRE_SERVICES:-0}

answers_postgres() {
    $python -c "import psycopg,sys; psycopg.connect(sys.argv[1], connect_timeout=3).close()" "$postgres" 2>/dev/null
}
answers_redis() {
    $python -c "import redis,sys; redis.Redis.from_url(sys.argv[1], socket_timeout=3).ping()" "$redis" 2>/dev/null
}

part() {
    printf '\n== %s\n' "$1"
    shift
    "$@" || failed=$((failed + 1))
}

unset DATABASE_URL REDIS_URL
# Many tests start processes of the product, and each would compile all of it again.
unset PYTHONDONTWRITEBYTECODE
part "on the embedded default (SQLite)" $python -m pytest -q -n 2 --dist loadfile -m "not journey and not postgresql and not faults" tests

if answers_postgres; then
    part "what touches data, on PostgreSQL" env DATABASE_URL="$postgres" $python -m pytest -q -n 2 --dist loadfile \
        -m "(postgresql or (database and not pdf)) and not journey and not faults" tests
    if answers_redis; then
        part "journeys and faults: PostgreSQL, Redis, a real worker, a real browser" env DATABASE_URL="$postgres" \
            TEST_REDIS_URL="$redis" $python -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder -m "journey or faults" tests/journeys
    elif [ "$require" = 1 ]; then
        printf 'Redis is required but does not answer at %s\n' "$redis"
        failed=$((failed + 1))
    fi
elif [ "$require" = 1 ]; then
    printf 'PostgreSQL is required but does not answer at %s\n' "$postgres"
    failed=$((failed + 1))
fi
if ! answers_postgres || ! answers_redis; then
    printf '\nLeft out, for want of PostgreSQL and Redis: their tests and the faults. Set TEST_DATABASE_URL and TEST_REDIS_URL.\n'
    part "journeys on the embedded default" $python -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder -m "journey and not postgresql" tests/journeys
fi

if [ "$failed" -gt 0 ]; then
    printf '\n%s parts failed\n' "$failed"
    exit 1
fi
printf '\nall parts passed\n'
