"""The one tree of errors; each branch is one exit code.

    WinnowError                1   a bug would be this too
    ├── UsageError             2   the command line, a path, a value
    │   └── SettingsError          the YAML file: file, line, key
    ├── SourceError            3   a source refused
    │   ├── CredentialsError       missing, wrong or revoked
    │   └── AccountError           unknown, protected or suspended
    ├── ComeBackLater          4   resumable: run the same command again
    │   ├── RateLimited            a limit; knows when it ends
    │   ├── Outage                 the other side does not answer as it should
    │   ├── BudgetSpent            the run's budget has no room for the next request
    │   ├── StorageFull            no room left on the disk
    │   └── Locked                 another winnow works on this data set
    ├── DataError              5   data not fit for the step
    ├── GateError              6   below a quality gate
    └── Interrupted          130   Ctrl-C

What befalls one picture is never raised out of a run: it is an `Outcome` or a verdict.
Messages are one line: what, which value, what was wanted, what to do.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime


class WinnowError(Exception):
    """Base of everything winnow raises on purpose; `exit_code` is the process's."""

    exit_code = 1


class UsageError(WinnowError):
    """The command line, a path or a value is not what the step needs."""

    exit_code = 2


class SettingsError(UsageError):
    """A settings file says something that cannot be; the message names file, line and key."""


class SourceError(WinnowError):
    """A source refused for good: asking again will not help."""

    exit_code = 3


class CredentialsError(SourceError):
    """Credentials are missing, wrong, revoked, or not entitled to what was asked."""


class AccountError(SourceError):
    """The account, blog or tag does not exist, is protected or is suspended."""


class ComeBackLater(WinnowError):
    """The run stopped early and can be resumed by running the same command again."""

    exit_code = 4


class RateLimited(ComeBackLater):
    """A source's limit is reached.

    `until` is the aware UTC time at which it ends, None when the source did not say.
    `waitable` is False for what no waiting within a run outlasts (a monthly cap, spent credit).
    """

    def __init__(
        self, message: str, *, until: datetime | None = None, waitable: bool = True
    ) -> None:
        super().__init__(message)
        self.until = until
        self.waitable = waitable


class Outage(ComeBackLater):
    """A source answers with server errors or with what its documentation does not know."""


class BudgetSpent(ComeBackLater):
    """The run may not spend what the next request of a paid API can cost (`--budget-usd`)."""


class StorageFull(ComeBackLater):
    """The disk has no room left; what was saved stays saved."""


class Locked(ComeBackLater):
    """Another process works on the data set; the message names it."""


class DataError(WinnowError):
    """The data are not fit for the step (one label only, no readable picture, a torn manifest)."""

    exit_code = 5


class GateError(WinnowError):
    """A quality gate that the user set was missed (`--min-yield`, `--min-accuracy`)."""

    exit_code = 6


class Interrupted(WinnowError):
    """The user stopped the run; running the same command again resumes it."""

    exit_code = 130


_TOO_MANY = (errno.EMFILE, errno.ENFILE)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_PATH = (
    errno.ENOENT,
    errno.EEXIST,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EINVAL,
    errno.ENXIO,
)


# https://www.sqlite.org/rescode.html; spelt out, so that help need not import sqlite3.
_SQLITE_HELD = (5, 6)
_SQLITE_FULL = (10, 13)
_SQLITE_FORBIDDEN = (3, 8)
_SQLITE_TORN = (11, 26)
_SQLITE_LACKS = ("no such table", "no such column")


@contextmanager
def naming(path: object) -> Iterator[None]:
    """Let an error of the operating system that names no file, as a full disk's, name this path."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


def from_system(error: Exception, path: object = "") -> WinnowError | None:
    """What an error of the operating system or of SQLite means for the user; None: a bug.

    `path` is the file that it is about, where the error itself does not say.
    """
    if isinstance(error, OSError):
        return _from_os(error, _place_of(error) or path or "the current folder")
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _from_sqlite(error, code & 0xFF, path or "the catalog")
    return None


def _place_of(error: OSError) -> object:
    """The file that people know: a part on its way to its name is told by that name."""
    part = str(error.filename or "").endswith(".part")
    return error.filename2 if part and error.filename2 else error.filename


def _from_os(error: OSError, where: object) -> WinnowError | None:
    if error.errno in _FULL:
        return StorageFull(f"{where}: the disk is full; make room and run the same command again")
    if error.errno in _TOO_MANY:
        return ComeBackLater("too many open files; raise `ulimit -n` or lower -m")
    if error.errno in _FORBIDDEN:
        return UsageError(f"{where}: {_forbidden(error, where)}")
    if error.errno in _NO_PATH:
        return UsageError(f"{where}: {error.strerror}; choose another path")
    return None


def _forbidden(error: OSError, where: object) -> str:
    """What must not be done there: nothing says it but the file itself."""
    path = os.fspath(where) if isinstance(where, (str, bytes, os.PathLike)) else str(where)
    if error.errno != errno.EROFS and os.path.lexists(path) and not os.access(path, os.R_OK):
        return "no permission to read; make it readable and run this again"
    return "no permission to write; make it writable, or choose a place you may write to"


def _from_sqlite(error: Exception, code: int, where: object) -> WinnowError | None:
    if code in _SQLITE_HELD:
        return Locked(f"{where}: another program holds it; close that and run this again")
    if code in _SQLITE_FULL:
        return StorageFull(f"{where}: {error}; make room and run the same command again")
    if code in _SQLITE_FORBIDDEN:
        return UsageError(f"{where}: no permission to write; make it writable and run it again")
    if code in _SQLITE_TORN or str(error).startswith(_SQLITE_LACKS):
        return DataError(f"{where}: not a catalog of winnow ({error}); restore a copy")
    return None
