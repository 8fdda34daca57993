"""What may not stand in a log line: a patient's link, a colleague's invitation."""

from __future__ import annotations

import logging
import re

LINK = re.compile(r"(/(?:p|join|password/reset/key)/)[A-Za-z0-9_-]{8,}")


class SecretsFilter(logging.Filter):
    """Replace link tokens in every record before it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = LINK.sub(r"\1***", message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True
