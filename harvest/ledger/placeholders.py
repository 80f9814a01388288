"""A list of placeholder pictures that people can share: hashes, no pictures.

`curate check` sets aside what is on it, and the report of a re-download tells it apart.

One a line, UTF-8; what follows the hash is a comment, as is what follows a `#`:

    sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  "not available"
    phash256:c3c3…  the same, re-encoded

64 hex digits alone are taken for a sha256, so that `sha256sum *.jpg > list.txt` makes a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_LINE = re.compile(r"(?:(sha256|phash256):)?([0-9a-f]{64})(?:\s.*)?", re.IGNORECASE)
_LARGEST = 64 * 2**20  # bytes: a million lines
_SHOWN = 60  # characters of a bad line
HEAD = "# Placeholder pictures, for `checks: {placeholder: {list: FILE}}` of winnow."
"""First line of each list that winnow wrote."""


class KnownPlaceholders:
    """A list that was read."""

    def __init__(self, entries: Iterable[tuple[str, str, str]] = ()) -> None:
        self._bytes: dict[str, str] = {}
        self._looks: dict[str, str] = {}
        for kind, digits, comment in entries:
            (self._looks if kind == "phash256" else self._bytes).setdefault(digits, comment)
        self._words = b"".join(bytes.fromhex(look) for look in self._looks)

    @property
    def has_looks(self) -> bool:
        """Whether the list holds looks too, and not hashes of bytes alone."""
        return bool(self._words)

    def by_bytes(self, sha256: str) -> str | None:
        """The comment on a file that stands on the list; None: it does not."""
        return self._bytes.get(sha256)

    def by_look(self, phash256: str, max_distance: int) -> str | None:
        """The comment on the nearest look within so many bits; None: there is none."""
        if not self._words:
            return None
        import numpy as np

        looks = np.frombuffer(self._words, dtype=np.uint64).reshape(-1, 4)
        own = np.frombuffer(bytes.fromhex(phash256), dtype=np.uint64)
        bits = np.bitwise_count(looks ^ own).sum(axis=1, dtype=np.int64)
        nearest = int(bits.argmin())
        if bits[nearest] > max_distance:
            return None
        return list(self._looks.values())[nearest]


def read_placeholders(name: str) -> KnownPlaceholders:
    """Read a list. Raises ValueError with one line that says what is wrong, and where."""
    path = Path(name).expanduser()
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"a list under {_LARGEST:,} bytes; {path} is larger")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ValueError(f"a file that can be read; {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"a list in UTF-8, which {path} is not") from None
    return KnownPlaceholders(_entries(path, text))


def _entries(path: Path, text: str) -> Iterator[tuple[str, str, str]]:
    for number, raw in enumerate(text.splitlines(), 1):
        line, _, remark = (part.strip() for part in raw.partition("#"))
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            shown = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
            raise ValueError(
                f"lines like sha256:HEX or phash256:HEX with 64 hex digits; {path}:{number} is"
                f" {shown!r}"
            )
        words = line.split(maxsplit=1)[1:]
        yield (match[1] or "sha256").lower(), match[2].lower(), words[0] if words else remark


def listed(sha256: str, phash256: str, comment: str) -> str:
    """The lines of a list for one picture; `phash256` may be empty."""
    words = " ".join(comment.split())
    lines = [f"sha256:{sha256}  {words}".rstrip()]
    if phash256:
        lines.append(f"phash256:{phash256}  {words}".rstrip())
    return "\n".join(lines)


def write_list(path: Path, entries: Iterable[str]) -> None:
    """Write a list of entries as `listed` makes them, sorted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEAD, *sorted(entries), ""]), "utf-8")
