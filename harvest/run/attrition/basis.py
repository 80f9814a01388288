"""What the figures of a report rest on: how old they are, and against what they were held."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import Any


@dataclass(frozen=True, slots=True)
class Basis:
    """What a reader must know to cite a report, and to check it."""

    lock: str
    """Name of the lock file, or of several; "" where there is none."""
    sums: tuple[str, ...]
    """sha256 of each lock file as it was given, packed or not."""
    last_answer: str
    """When the latest answer came that a figure rests on; ISO 8601, UTC; "" for none. Not when the
    report was written: the same figures are the same file."""

    def record(self) -> dict[str, Any]:
        """As the beginning of a JSON object."""
        return {
            "winnow": metadata.version("winnow"),
            "last_answer": self.last_answer or None,
            "lock": self.lock or None,
            "lock_sha256": list(self.sums),
        }

    @property
    def line(self) -> str:
        """In one line for people."""
        when = self.last_answer[:19].replace("T", " ")
        told = f"as of {when} UTC, the last answer" if when else "nothing was asked for yet"
        return f"{told}; winnow {metadata.version('winnow')}"

    @property
    def held_against(self) -> str:
        """The lock files and the first digits of their sums, for people."""
        sums = ", ".join(one[:16] for one in self.sums)
        return f"{self.lock} (sha256 {sums}…)" if self.lock else "no lock file"
