"""WebDataset: tar shards that are read from end to end, and stay the same byte for byte.

<part>-000000.tar ...   <sha256>.<ext>, <sha256>.cls, <sha256>.json for each picture
labels.txt              one label a line; the number in `.cls` counts them from 0
README.md               the data card

Keys hold no dot: readers take what follows the first one for the extension. Pictures stand in the
order of their sha256, so that labels and accounts come mixed: shards are read in their order.
https://github.com/webdataset/webdataset (The WebDataset Format).
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

from curate.exports.card import Beside, write_card
from curate.exports.inventory import Inventory
from curate.fresh import fresh_folder
from curate.rawfiles import raw_file
from curate.selection import Chosen
from harvest.ledger.exports import CARD
from harvest.ledger.manifest import SPLITS, ManifestLine

LABELS = "labels.txt"

_SHARD = re.compile(rf"({'|'.join(SPLITS)})-\d{{6,}}\.tar")
_BLOCK = tarfile.BLOCKSIZE
_WORDS = (
    "Tar shards in the WebDataset format, for its library and for `datasets.load_dataset` of"
    " Hugging Face: for each picture its bytes, `.cls` (the number of its label in `labels.txt`,"
    " from 0) and `.json` (all that is known of it)."
)


@dataclass(frozen=True, slots=True)
class ShardSize:
    """When a shard is full; one picture larger than that has a shard of its own."""

    pictures: int = 10_000
    """At most so many pictures, 1 or more."""
    megabytes: int = 1_000
    """At most so many million bytes, 1 or more."""


def is_of_shards(file: Path) -> bool:
    """Whether an export may have written a file, by its path below the folder."""
    told = file.name in (CARD, f"{CARD}.part", LABELS) or _SHARD.fullmatch(file.name)
    return len(file.parts) == 1 and bool(told)


def write_shards(inventory: Inventory, path: Path, size: ShardSize) -> tuple[int, int]:
    """Write the folder of shards anew; returns (pictures, shards).

    Raises DataError when nothing was built.
    """
    parts = inventory.built_lines()
    classes = {label: number for number, label in enumerate(inventory.labels)}
    shards = 0
    with fresh_folder(path) as fresh:
        fresh.mkdir()
        # The card comes first: by it a take-down knows what a killed run has left, too.
        write_card(inventory, fresh, Beside(_WORDS, _features(inventory, parts)))
        for part, pictures in parts.items():
            for number, some in enumerate(_divided(pictures, size)):
                shard = fresh / f"{part}-{number:06d}.tar"
                with tarfile.open(shard, "w", format=tarfile.USTAR_FORMAT) as tar:
                    for picture, line in some:
                        _add_picture(tar, raw_file(inventory.folder, picture.stored), line.sha256)
                        _add(tar, f"{line.sha256}.cls", str(classes[line.label]))
                        _add(tar, f"{line.sha256}.json", json.dumps(_told(line)))
                shards += 1
        text = "".join(f"{label}\n" for label in inventory.labels)
        (fresh / LABELS).write_text(text, encoding="utf-8", newline="\n")
    return sum(map(len, parts.values())), shards


def _divided(
    pictures: Sequence[tuple[Chosen, ManifestLine]], size: ShardSize
) -> Iterator[list[tuple[Chosen, ManifestLine]]]:
    some: list[tuple[Chosen, ManifestLine]] = []
    room = size.megabytes * 1_000_000
    for picture, line in sorted(pictures, key=lambda one: one[1].sha256):
        taken = _BLOCK * 6 + line.bytes + len(json.dumps(_told(line)))
        if some and (len(some) == size.pictures or taken > room):
            yield some
            some, room = [], size.megabytes * 1_000_000
        some.append((picture, line))
        room -= taken
    yield some


def _told(line: ManifestLine) -> dict[str, object]:
    """What `.json` holds: the manifest's line less its file."""
    record = asdict(line)
    del record["file"]
    return record


def _add_picture(tar: tarfile.TarFile, raw: Path, key: str) -> None:
    with raw.open("rb") as stream:
        member = _member(f"{key}{raw.suffix}")
        member.size = raw.stat().st_size
        tar.addfile(member, stream)


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    member = _member(name)
    member.size = len(data)
    tar.addfile(member, BytesIO(data))


def _member(name: str) -> tarfile.TarInfo:
    """A header that tells nothing of this machine: its default owner is 0, its time 1970."""
    member = tarfile.TarInfo(name)
    member.mode = 0o644
    return member


_TEXT: dict[str, object] = {"dtype": "string"}
_NUMBER: dict[str, object] = {"dtype": "int64"}
_TYPES: dict[str, dict[str, object]] = {
    "urls": {"list": "string"},
    **dict.fromkeys(("width", "height", "bytes"), _NUMBER),
}


def _features(
    inventory: Inventory, parts: Mapping[str, Sequence[tuple[Chosen, ManifestLine]]]
) -> dict[str, object]:
    """The card's YAML: without it `datasets` guesses the columns from the first pictures alone."""
    kinds = sorted({picture.stored.extension for some in parts.values() for picture, _ in some})
    told = [
        {"name": name, **_TYPES.get(name, _TEXT)}
        for name in ManifestLine.__dataclass_fields__
        if name != "file"
    ]
    names = {str(number): label for number, label in enumerate(inventory.labels)}
    columns = [
        *({"name": kind, "dtype": "image"} for kind in kinds),
        {"name": "cls", "dtype": {"class_label": {"names": names}}},
        {"name": "json", "struct": told},
        {"name": "__key__", "dtype": "string"},
        {"name": "__url__", "dtype": "string"},
    ]
    files = [{"split": part, "path": f"{part}-*.tar"} for part in parts]
    return {
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": {"features": columns},
    }
