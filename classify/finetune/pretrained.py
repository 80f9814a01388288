"""Files of ImageNet weights that Keras Applications publishes: found whole, or fetched whole.

They lie where Keras itself keeps them, `$KERAS_HOME/models` or `~/.keras/models`. Keras writes a
download under its final name while it arrives, and of MobileNetV2 checks no digest: so what lies
there is judged before it is taken, and what is fetched gets its name when it is whole.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from importlib import metadata
from pathlib import Path
from urllib.error import HTTPError

from harvest.ledger.errors import DataError

_TIMEOUT_S = 20.0  # of silence
_MOST_S = 600.0
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A published file."""

    url: str
    """Where it is published; ends in the file's name."""
    size: int
    """Bytes."""
    md5: str | None = None
    """As Keras has it, 32 hex digits; None where Keras has none, and the size alone says that a
    file is whole (an HDF5 file, besides, knows its own end)."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]

    def is_whole(self, path: Path) -> bool:
        """Whether the file at `path` is this one."""
        try:
            if path.stat().st_size != self.size:
                return False
            with path.open("rb") as stream:
                digest = hashlib.file_digest(
                    stream, lambda: hashlib.md5(usedforsecurity=False)
                ).hexdigest()
        except OSError:
            return False
        return self.md5 in (None, digest)


def keras_folder() -> Path:
    """Where Keras keeps weights."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def pretrained(file: WeightsFile, wanted_by: str) -> Path:
    """Return where the file lies, whole; fetched if it is not there.

    Raises DataError, in one line that names the file and its place, where it cannot be fetched.
    """
    path = keras_folder() / file.name
    if file.is_whole(path):
        return path
    there = "is not whole" if path.exists() else "is not there"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".winnow-") as work:
            part = Path(work, file.name)
            _fetch(file, part)
            if not file.is_whole(part):
                raise OSError(f"what came, {part.stat().st_size:,} bytes, is another file")
            part.replace(path)
    except (OSError, HTTPException) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"backbone {wanted_by}: {path} {there}, and {file.url} could not be fetched ({why}); "
            f"fetch it elsewhere ({file.size:,} bytes) and put it into {path.parent}"
        ) from error
    return path


def _fetch(file: WeightsFile, part: Path) -> None:
    """Write what the address gives; stops where that is too much or takes too long."""
    agent = f"winnow/{metadata.version('winnow')}"
    request = urllib.request.Request(file.url, headers={"User-Agent": agent})  # noqa: S310
    end = time.monotonic() + _MOST_S
    try:
        opened = urllib.request.urlopen(request, timeout=_TIMEOUT_S)  # noqa: S310
    except HTTPError as error:
        error.close()  # it holds the connection
        raise OSError(f"{error.code} {error.reason}") from None
    with opened as answer, part.open("wb") as out:
        while chunk := answer.read(_CHUNK):
            out.write(chunk)
            if out.tell() > file.size or time.monotonic() > end:
                break
        out.flush()
        os.fsync(out.fileno())
