"""Who decides: the name that stands beside a decision."""

from __future__ import annotations

import getpass
import os

from harvest.ledger.errors import UsageError

VARIABLE = "WINNOW_USER"
"""Environment variable with the name of the person, before the login name."""

_LONGEST = 64


def name_of(given: str | None = None) -> str:
    """The person's name: as given, else as `WINNOW_USER` says, else the login name.

    Raises UsageError for a name that is blank, longer than 64 characters, not printable, or
    winnow's own.
    """
    name = given if given is not None else os.environ.get(VARIABLE)
    if name is None:
        return _login()
    name = name.strip()
    if not name or len(name) > _LONGEST or not name.isprintable() or name == "winnow":
        raise UsageError(
            f"the name {name[:80]!r} cannot stand beside a decision; wanted 1 to {_LONGEST}"
            f" printable characters, not `winnow` (--as NAME, or the variable {VARIABLE})"
        )
    return name


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no entry in the user database, as in some containers
        return f"uid {os.getuid()}"
