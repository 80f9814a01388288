"""What a file is, whatever its name: the sha256 of its bytes."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path


def hash_file(path: Path) -> str:
    """sha256 of a file's bytes, 64 hex digits, in bounded memory.

    Raises OSError, also for what is no plain file: a pipe or a device would block.
    """
    if not path.is_file():
        code = errno.EINVAL if os.path.lexists(path) else errno.ENOENT
        raise OSError(code, os.strerror(code), str(path))
    with path.open("rb", buffering=0) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_if_readable(path: Path) -> str:
    """As `hash_file`; "" where the file cannot be read."""
    try:
        return hash_file(path)
    except OSError:
        return ""
