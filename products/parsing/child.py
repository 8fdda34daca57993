"""The child process: `python -m products.parsing.child`. It reads one question, confines itself, and answers once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from audit.errors import Refusal
from products.parsing.limits import SHARES, confine


def main() -> int:
    """Answer the question on standard input. A reader is loaded before the limits close the door to all files."""
    question = json.loads(sys.stdin.buffer.readline())
    task = question.pop("task")
    share = SHARES[task]
    read: Callable[..., Any] = import_module(f"products.parsing.{task}").read
    confine(share)
    reply = _reply(read, sys.stdin.buffer.read(), question)
    sys.stdout.write(json.dumps(reply, ensure_ascii=True))
    return 0


def _reply(read: Callable[..., Any], content: bytes, options: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": read(content, **options)}
    except Refusal as refusal:
        more = {name: value for name, value in vars(refusal).items() if name not in ("message", "code", "field")}
        said = {"type": type(refusal).__name__, "message": refusal.message, "code": refusal.code}
        return {"refusal": {**said, "field": refusal.field, "more": more}}


if __name__ == "__main__":
    sys.exit(main())
