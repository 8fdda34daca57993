"""What other rooms may do with the log: append to it, publish its checkpoints, prove what is in it."""

from audit.services.append import append, log_of

__all__ = ["append", "log_of"]
