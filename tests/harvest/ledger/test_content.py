"""A file by its bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from harvest.ledger.content import hash_file, hash_if_readable


@pytest.mark.parametrize("size", [0, 1, 3 * 2**20 + 5])
def test_hash(tmp_path: Path, size: int) -> None:
    """The hash is that of all the bytes."""
    path = tmp_path / "a"
    path.write_bytes(b"x" * size)

    assert hash_file(path) == hashlib.sha256(b"x" * size).hexdigest()


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_no_plain_file(tmp_path: Path, kind: str) -> None:
    """What is no plain file is an error with words, and nothing is waited for."""
    path = tmp_path / "a"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)

    with pytest.raises(OSError, match="a") as caught:
        hash_file(path)
    assert caught.value.strerror
    assert hash_if_readable(path) == ""
