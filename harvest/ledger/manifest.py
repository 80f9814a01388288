"""THE HAND-OFF from curate to classify: `build/manifest.jsonl`, one JSON line a picture."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.labelnames import check_label

FILE_NAME = "manifest.jsonl"

Split = Literal["train", "validation", "test"]

SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One picture of a built data set."""

    file: str
    """POSIX path relative to the manifest's folder, below it."""
    sha256: str
    """64 hex digits of the file's bytes."""
    label: str
    """The one label of this picture."""
    split: Split
    """`train`, `validation` or `test`."""
    group: str
    """Duplicate group: pictures of one group never stand in two splits."""
    source: str
    """Source of the keeper's earliest sighting."""
    account: str | None
    """Author of that sighting."""
    post_url: str | None
    """Its post, for people."""
    urls: tuple[str, ...]
    """All addresses that gave this picture, the published one first; empty for a folder's."""
    posted_at: str | None
    """ISO 8601, UTC."""
    width: int
    """Pixels, upright."""
    height: int
    """Pixels, upright."""
    bytes: int
    """Length of the file."""
    phash256: str
    """64 hex digits: see `ledger/fingerprint.py`."""
    original_file: str = ""
    """POSIX path below the folder that it was taken from; empty for a picture from the net, and in
    manifests of an older winnow."""


def write_manifest(path: Path, lines: Iterable[ManifestLine]) -> int:
    """Write a manifest through a part file, sorted keys as declared; returns the line count."""
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("w", encoding="utf-8", newline="\n") as out:
        for line in lines:
            out.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
            count += 1
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return count


def read_manifest(path: Path) -> Iterator[ManifestLine]:
    """Yield the lines of a manifest. Raises DataError, naming the line, where it is torn."""
    try:
        with path.open("rb") as stream:
            number = 0
            while raw := stream.readline(_MAX_LINE):
                number += 1
                if len(raw) >= _MAX_LINE:
                    raise DataError(f"{path}:{number}: a line of over {_MAX_LINE} bytes")
                if raw.strip():
                    yield _parse(raw, f"{path}:{number}")
    except FileNotFoundError:
        raise DataError(f"{path}: no manifest here; run `winnow curate build` first") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


_MAX_LINE = 1 << 24  # a placeholder may have been seen at a hundred thousand addresses
_HASH = re.compile(r"[0-9a-f]{64}")
_FIELDS = {f.name for f in fields(ManifestLine)}
_TEXT = ("file", "sha256", "label", "group", "source", "phash256", "original_file")
_HASHES = ("sha256", "phash256")
_NUMBERS = ("width", "height", "bytes")
_MAYBE_TEXT = ("account", "post_url", "posted_at")


def _parse(raw: bytes, where: str) -> ManifestLine:
    try:
        record: Any = json.loads(raw)
    except (ValueError, RecursionError):
        raise DataError(f"{where}: not a line of JSON; build the data set again") from None
    if not isinstance(record, dict):
        raise DataError(f"{where}: expected a JSON object, got {type(record).__name__}")
    record = {"original_file": ""} | record
    missing = _FIELDS - record.keys()
    if missing:
        raise DataError(f"{where}: the key {min(missing)!r} is missing")
    record = {name: record[name] for name in _FIELDS}
    for names, kinds in ((_TEXT, str), (_NUMBERS, int), (_MAYBE_TEXT, (str, type(None)))):
        for name in names:
            if not isinstance(record[name], kinds) or not _storable(record[name]):
                raise DataError(f"{where}: {name!r} has the value {_short(record[name])}")
    for name in _HASHES:
        if not _HASH.fullmatch(record[name]):
            raise DataError(f"{where}: {name} {_short(record[name])} is not 64 hex digits")
    if record["split"] not in SPLITS:
        raise DataError(f"{where}: split {_short(record['split'])}, wanted {', '.join(SPLITS)}")
    if not _is_label(record["label"]):
        raise DataError(f"{where}: the label {_short(record['label'])} can be no folder's name")
    urls = record["urls"]
    if not isinstance(urls, list) or not all(isinstance(u, str) and _storable(u) for u in urls):
        raise DataError(f"{where}: 'urls' is not a list of addresses")
    file = PurePosixPath(record["file"])
    if file.is_absolute() or ".." in file.parts or not file.parts or "\0" in record["file"]:
        raise DataError(f"{where}: file {_short(record['file'])} does not lie below the manifest")
    return ManifestLine(**{**record, "urls": tuple(urls)})


def _is_label(text: str) -> bool:
    try:
        return check_label(text) == text
    except UsageError:
        return False


def _storable(value: object) -> bool:
    """Whether a value is what its type says: JSON's `true` is an int, and half a pair a str."""
    if isinstance(value, str):
        return not any("\ud800" <= c <= "\udfff" for c in value)
    return value is None or (not isinstance(value, bool) and isinstance(value, int) and value >= 0)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
