"""Posts cut out of the journaled answers: whoever is forgotten is forgotten there too.

The journal holds answers as they came, of sources that this room knows nothing of. So the cut is
made by words (the post's id, its pictures' addresses, the account): a list's entry that holds one
goes whole. An answer in which a word is left then goes whole itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harvest.ledger.records import Sighting

_NOTHING = b"{}"
_RUN = re.compile(r"[a-z0-9_]+")
_SHORTEST = 4  # characters: a shorter part of an address would match anything


@dataclass(frozen=True)
class Words:
    """What to look for, in any case and as words of their own; false when there is nothing."""

    by_run: Mapping[str, tuple[tuple[int, str], ...]]
    """First run of letters in a word -> (where in the word it begins, the word)."""
    odd: tuple[str, ...] = ()
    """Words without such a run."""

    @classmethod
    def of(cls, sightings: Iterable[Sighting], names: Iterable[str] = ()) -> Words:
        """Words of these sightings' posts and pictures, and names of accounts."""
        words = {name for name in names if name}
        for sighting in sightings:
            if sighting.source in ("folder", "urls"):
                continue  # never journaled
            words.add(sighting.post_id)
            # Here the post's id in our key is none that its server writes.
            far = sighting.source in ("bluesky", "mastodon") and sighting.post_url
            for url in (*sighting.addresses, *([far] if far else ())):
                stem = stem_of(url)
                words |= {stem} if stem else set()
        found: dict[str, list[tuple[int, str]]] = {}
        odd = []
        for word in {word.casefold() for word in words}:
            run = _RUN.search(word)
            if run is None:
                odd.append(word)
            else:
                found.setdefault(run[0], []).append((run.start(), word))
        return cls({run: tuple(some) for run, some in found.items()}, tuple(odd))

    def __bool__(self) -> bool:
        return bool(self.by_run or self.odd)

    def stand_in(self, text: str) -> bool:
        """Whether one of them stands in a text: a single pass, however many they are."""
        low = text.casefold()
        for run in _RUN.finditer(low) if self.by_run else ():
            for offset, word in self.by_run.get(run[0], ()):
                begin = run.start() - offset
                if begin >= 0 and low.startswith(word, begin) and _ends(low, begin + len(word)):
                    return True
        return any(word in low for word in self.odd)


def redact(body: bytes, words: Words) -> bytes:
    """An answer without what the words name; an empty object where it cannot be cut cleanly."""
    try:
        answer = json.loads(body)
        # Looked for in the parsed answer: raw text may write any letter as an escape.
        if not words.stand_in(_write(answer)):
            return body
        left = _write(_cut(answer, words))
    except (ValueError, RecursionError):
        return _NOTHING if words.stand_in(body.decode("utf-8", "replace")) else body
    return _NOTHING if words.stand_in(left) else left.encode("utf-8", "surrogatepass")


def stem_of(url: str) -> str:
    """The part of an address that names a picture or a post: its last, without the extension.

    "" where that is too short to be looked for.
    """
    try:
        stem = urlsplit(url).path.rstrip("/").rpartition("/")[2].partition(".")[0]
    except ValueError:
        return ""
    return stem if len(stem) >= _SHORTEST else ""


def _ends(text: str, at: int) -> bool:
    return at >= len(text) or _RUN.match(text, at) is None


def _cut(value: Any, words: Words) -> Any:
    if isinstance(value, list):
        return [one for one in value if not words.stand_in(_write(one))]
    if isinstance(value, dict):
        return {key: _cut(one, words) for key, one in value.items()}
    return None if words.stand_in(_write(value)) else value


def _write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
