"""What a child may use, and how it gives up everything else before it looks at a foreign byte."""

from __future__ import annotations

import codecs
import os
import resource
from dataclasses import dataclass

MOST_MEMORY = 512 * 1024 * 1024
"""Bytes of address space."""


@dataclass(frozen=True)
class Share:
    """Seconds of processor time, and seconds by the clock from the child's start to its last byte."""

    cpu_seconds: int
    seconds: int


# A page waits for the kind or the sizes of a file; a table is read by a worker, and a million cells take a while.
SHARES = {
    "kinds": Share(15, 30),
    "sizes": Share(15, 30),
    "pictures": Share(15, 30),
    "pages": Share(60, 90),
    "tables": Share(60, 150),
}
LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes; more than any table within our limits needs."""
STANDARD_STREAMS = 3
NICENESS = 10
# Python loads a codec from its file at the first use, and then no file can be opened any more.
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "cp437", "ascii")


def confine(share: Share) -> None:
    """Give up, for good, more memory and time than our share, and every new file, connection, pipe or program.

    No file can be opened once only the standard streams are allowed for, and a socket is a file to the kernel.
    """
    for codec in CODECS:
        codecs.lookup(codec)
    os.nice(NICENESS)
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, share.cpu_seconds),
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_NOFILE, STANDARD_STREAMS),
    ):
        _, hard = resource.getrlimit(limit)
        ours = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (ours, ours))
