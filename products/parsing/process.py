"""Asking a child process: one question on its standard input, one answer on its standard output, and a deadline.

The question is a line of JSON and then the file's bytes. The answer is one JSON object with `answer`, or with `refusal`.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import BoundedSemaphore, Thread, Timer
from typing import IO, Any

from audit.errors import Refusal
from products import errors
from products.errors import FileTooComplexError, ParsingBusyError
from products.parsing import limits

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-P", "-s", "-m", "products.parsing.child")
# Nothing of our environment: no address of a database, no secret.
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", "OPENPYXL_LXML": "False"}
# So many children of one process at a time: hostile files queue up, and pages go on being served.
AT_ONCE = 2
_places = BoundedSemaphore(AT_ONCE)


def ask(task: str, content: bytes, options: Mapping[str, Any], *, field: str = "") -> Any:
    """The answer of a child that ran `task` over the content. Raises the refusal that the task raised, at `field`.

    Raises `FileTooComplexError` where the child died or ran out of its share, `ParsingBusyError` where none is free.
    """
    seconds = limits.SHARES[task].seconds
    if not _places.acquire(timeout=seconds):
        raise ParsingBusyError("Other files are being read just now. Send this one again in a minute.", field=field)
    try:
        status, said, place = _run(json.dumps({"task": task, **options}).encode() + b"\n", content, seconds)
    finally:
        _places.release()
    reply = json.loads(said) if status == 0 else {}
    if "answer" in reply:
        return reply["answer"]
    if "refusal" in reply:
        raise _refusal(reply["refusal"], field)
    logger.warning("a file of %d bytes was not read (%s): exit status %d %s", len(content), task, status, place)
    raise FileTooComplexError(
        "The file asks for more memory or time than one file may have, so it was not read. "
        "Save a smaller or plainer copy at its source, and choose that.",
        field=field,
    )


def _run(question: bytes, content: bytes, seconds: float) -> tuple[int, bytes, str]:
    """The child's exit status, what it said, and where it failed; one that is late or says too much is killed."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd="/"
    ) as child:
        late = Timer(seconds, child.kill)
        late.start()
        sender = Thread(target=_send, args=(child.stdin, question, content), daemon=True)
        sender.start()
        try:
            said = child.stdout.read(limits.LARGEST_ANSWER + 1) if child.stdout else b""
        finally:
            if len(said) > limits.LARGEST_ANSWER:
                child.kill()
            late.cancel()
            sender.join()
        trace = child.stderr.read() if child.stderr else b""
        return child.wait(), said, _place(trace.decode(errors="replace"))


def _place(trace: str) -> str:
    """The last place and kind of a trace, and nothing of its message: that may hold what the file holds."""
    lines = trace.strip().splitlines() or [""]
    places = [line.strip() for line in lines if line.startswith("  File ")]
    return f"{lines[-1].partition(':')[0]} {places[-1] if places else ''}".strip()


def _send(stream: IO[bytes], question: bytes, content: bytes) -> None:
    try:
        with stream:
            stream.write(question)
            stream.write(content)
    except BrokenPipeError:
        return  # it ended before it heard everything; its exit status says so


def _refusal(said: Mapping[str, Any], field: str) -> Refusal:
    kind: type[Refusal] = getattr(errors, said["type"])
    return kind(said["message"], code=said["code"], field=field or said["field"], **said["more"])
