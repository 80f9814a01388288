"""Which pictures a model learnt from: the beginnings of their sha256s, in a file beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from classify.model_folder import LEARNT

_DIGITS = 16  # 64 bits: among a million pictures one in ten million strangers is taken for known


def learnt_lines(sha256s: Iterable[str]) -> bytes:
    """Return the file: 16 hex digits a line, sorted, each once."""
    return "".join(f"{name}\n" for name in sorted({sha[:_DIGITS] for sha in sha256s})).encode()


def learnt_facts(lines: bytes) -> dict[str, Any]:
    """What the card says of the file."""
    return {"file": LEARNT, "sha256": hashlib.sha256(lines).hexdigest()}


class Learnt:
    """Tells pictures that a model learnt from."""

    def __init__(self, lines: bytes) -> None:
        self._known = frozenset(lines.decode("ascii", "replace").split("\n"))

    @classmethod
    def beside(cls, model: Path, card: dict[str, Any] | None) -> Learnt | None:
        """Return what lies beside a model file; None where that is not the card's, or nothing."""
        said = card["data"].get("learnt_file") if card else None
        file = model.with_name(LEARNT)
        if not isinstance(said, dict) or not file.is_file():
            return None
        try:
            lines = file.read_bytes()
        except OSError:
            return None
        return cls(lines) if learnt_facts(lines)["sha256"] == said.get("sha256") else None

    def knows(self, picture: Path) -> bool:
        """Whether it learnt from these bytes; what is gone since is not known."""
        try:
            with picture.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()[:_DIGITS] in self._known
        except OSError:
            return False
