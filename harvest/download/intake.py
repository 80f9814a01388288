"""A picture that lies on this disk already: copied in the same way as one that is downloaded."""

from __future__ import annotations

import os
import stat
from itertools import count
from pathlib import Path

from harvest.download.body import Receiver, too_large
from harvest.download.endings import Ending
from harvest.download.fetch import Fetched
from harvest.download.limits import Limits
from harvest.ledger.records import Sighting, Status

_PIECE = 2**18


class Intake:
    """Takes files in. The user's own file is copied, never linked: `raw/` is read-only."""

    def __init__(self, parts: Path, limits: Limits) -> None:
        self._parts = parts
        self._limits = limits
        self._numbers = count(1)

    def take(self, sighting: Sighting) -> Fetched:
        """Copy the file that a sighting of source `folder` names. Blocks; raises StorageFull."""
        part = f"{self._parts}/f{next(self._numbers)}.part"
        ending = self._copy(Path(sighting.fallback_urls[0]), part)
        content = ending.content
        if content is not None and content.hashed() != sighting.post_id:
            content.discard()
            ending = Ending(Status.FAILED, "changed", "it was changed while it was read")
        return Fetched(sighting, ending)

    def _copy(self, path: Path, part: str) -> Ending:
        try:
            # A pipe or a device of that name would block or never end.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return Ending(Status.GONE, "missing", "the file is there no more")
        except OSError as error:
            return _unreadable(error)
        receiver = Receiver(part, self._limits)
        ending: Ending | None = None
        try:
            with os.fdopen(handle, "rb", buffering=0) as stream:
                ending = self._pour(stream.fileno(), receiver)
        finally:
            receiver.close()
            if ending is None or ending.content is None:
                receiver.discard()
        return ending

    def _pour(self, handle: int, receiver: Receiver) -> Ending:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            return Ending(Status.REFUSED, "not_an_image", "not a plain file")
        if facts.st_size > self._limits.max_bytes:
            return too_large(self._limits)
        while True:
            try:
                piece = os.read(handle, _PIECE)
            except OSError as error:
                return _unreadable(error)
            if not piece:
                return receiver.finish()
            ending = receiver.take(piece)
            if ending is not None:
                return ending


def _unreadable(error: OSError) -> Ending:
    return Ending(Status.REFUSED, "unreadable", error.strerror or type(error).__name__)
