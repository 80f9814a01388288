"""Loggers of client libraries that would write secrets down, made to keep quiet."""

from __future__ import annotations

import logging


def hush(*names: str) -> None:
    """Keep everything below ERROR of these loggers, and of those under them, out of all logs.

    By a filter: a level can be set anew by whoever wants to see everything. Call it once the
    libraries are imported: filters are not inherited.
    """
    for known in list(logging.root.manager.loggerDict):
        if known.startswith(tuple(f"{name}." for name in names)):
            logging.getLogger(known).addFilter(_is_no_chatter)
    for name in names:
        logging.getLogger(name).addFilter(_is_no_chatter)


def _is_no_chatter(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
