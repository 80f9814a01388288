"""The files below a folder: which are pictures' own, and which were written beside them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_BESIDE = (".part", ".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".sqlite3-journal")
_NOT_PICTURES = {"info.json", "thumbs.db", "desktop.ini"}
# What galleries also hold, and what gallery-dl, yt-dlp and img2dataset write beside it. Any other
# name may be a picture's: whether it is one, its bytes tell.
_OTHERS = re.compile(
    r"\.(?:mp4|m4v|webm|mkv|mov|avi|wmv|flv|mpe?g|m3u8|3gp|ogv|swf"
    r"|mp3|m4a|aac|ogg|opus|flac|wav"
    r"|txt|md|jsonl?|ndjson|csv|tsv|parquet|arrow|feather|tfrecord"
    r"|xml|ya?ml|toml|html?|log|nfo|url|description|srt|vtt|ass"
    r"|pdf|epub|docx?|odt|rtf|zip|rar|7z|tar|gz|xz|zst|cb[zr]"
    r"|py|js|css|sh|bat|exe|ini|sqlite|db)",
    re.IGNORECASE,
)
_NAMED = 5  # so many are named in one line for people


@dataclass(frozen=True, slots=True)
class Found:
    """One file that may be a picture."""

    path: Path
    """Where it lies."""
    sidecar: Path | None
    """What was written about it, if anything."""


@dataclass
class Listing:
    """What was left out on the way, for people."""

    unnamed: list[Path] = field(default_factory=list)
    """Files whose names are not UTF-8: no column of the catalog can hold them."""
    closed: list[Path] = field(default_factory=list)
    """Folders that cannot be read."""
    untold: list[Path | None] = field(default_factory=list)
    """Side files that cannot be read."""
    others: Counter[str] = field(default_factory=Counter)
    """Extension -> files that are no pictures by their names."""

    def notes(self, key: str, root: Path) -> Iterator[str]:
        """Lines for people: what was left out of a target's folder."""
        if self.unnamed:
            yield (
                f"{key}: {_count(self.unnamed)} left out, the name not being UTF-8:"
                f" {_some(self.unnamed, root)}; rename what is wanted"
            )
        if self.closed:
            yield f"{key}: folders that cannot be read: {_some(self.closed, root)}"
        if self.others:
            kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.others.items()))
            yield f"{key}: left out, being no pictures by their names: {kinds}"
        if untold := [path for path in self.untold if path is not None]:
            yield (
                f"{key}: side files that cannot be read, so that their pictures came alone:"
                f" {_some(untold, root)}"
            )


def list_files(root: Path, listing: Listing) -> Iterator[Found]:
    """Yield the files below a folder, sorted, with their side files; hidden ones are left out.

    Linked folders are not entered, and linked files count only where they lead to within `root`.
    Unfinished downloads and gallery-dl's archive are no pictures; videos, texts and side files
    without a picture are counted as left out. One folder's names are held in memory at a time.
    """
    inside = root.resolve()
    for here, folders, names in os.walk(root, onerror=lambda e: _note_closed(e, listing)):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        there = set(names)
        stems = {os.path.splitext(name)[0] for name in names if not _is_json(name)}  # noqa: PTH122
        for name in sorted(names):
            path = Path(here) / name
            if name.startswith(".") or _is_beside(name, there, stems):
                continue
            if path.is_symlink() and not _leads_within(path, inside):
                continue
            if _OTHERS.fullmatch(path.suffix):
                listing.others[path.suffix.casefold()] += 1
                continue
            if not _is_text(path):
                listing.unnamed.append(path)
                continue
            yield Found(path, _sidecar(path, there))


def _count(paths: Sequence[Path]) -> str:
    return f"{len(paths)} file" + ("" if len(paths) == 1 else "s")


def _some(paths: Sequence[Path], root: Path) -> str:
    """The first few of these files, as they lie below the folder, and how many more there are."""
    named = ", ".join(f"{str(path.relative_to(root))!a}" for path in paths[:_NAMED])
    more = len(paths) - _NAMED
    return named + (f" and {more} more" if more > 0 else "")


def _note_closed(error: OSError, listing: Listing) -> None:
    listing.closed.append(Path(error.filename))


def _is_beside(name: str, there: set[str], stems: set[str]) -> bool:
    """Whether a file only belongs to others: a side file, a part file, an archive."""
    low = name.casefold()
    if low in _NOT_PICTURES or low.endswith(_BESIDE):
        return True
    stem = name[: -len(".json")]
    return _is_json(name) and (stem in there or stem in stems)


def _sidecar(path: Path, there: set[str]) -> Path | None:
    for name in (f"{path.name}.json", f"{path.stem}.json"):
        if name in there and name != path.name:
            return path.with_name(name)
    return None


def _is_json(name: str) -> bool:
    return name.casefold().endswith(".json")


def _is_text(path: Path) -> bool:
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        return False
    return True


def _leads_within(path: Path, inside: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(inside)
    except (OSError, RuntimeError):
        return False
