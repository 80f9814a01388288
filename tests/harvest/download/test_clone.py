"""Cloned files: the same bytes, or an honest no."""

from __future__ import annotations

import os
from pathlib import Path

from harvest.download.clone import clone


def test_clone_or_not(tmp_path: Path) -> None:
    """A clone holds the source's bytes; where the file system cannot, the target stays empty."""
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    with (tmp_path / "a").open("rb") as source, (tmp_path / "b").open("wb") as target:
        done = clone(source.fileno(), target.fileno())

    assert (tmp_path / "b").read_bytes() == (b"x" * 100_000 if done else b"")


def test_what_cannot_be_cloned() -> None:
    """A pipe shares nothing, and raises nothing."""
    ends = os.pipe()
    try:
        assert not clone(*ends)
    finally:
        for end in ends:
            os.close(end)
