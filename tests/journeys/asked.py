"""One process inside an installation that evaluates what a test asks, question after question: `Candour.shell`.

A question is a line of JSON with code that sets `answer`; the answer is a line of JSON with `answer`, or with `failed`.
"""

from __future__ import annotations

import json
import sys
import traceback
from contextlib import redirect_stdout
from typing import Any

import django


def main() -> None:
    django.setup()
    from django.db import connection

    for line in sys.stdin:
        known: dict[str, Any] = {}
        try:
            with redirect_stdout(sys.stderr):
                exec(json.loads(line), known)
            told = {"answer": known["answer"]}
        except Exception:  # noqa: BLE001 - the test that asked fails with it
            told = {"failed": traceback.format_exc()}
        # A test may cut connections, or change the database by other hands, between two questions.
        connection.close()
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
