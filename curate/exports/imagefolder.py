"""A folder of part/label/picture that torchvision, Keras and Hugging Face's `imagefolder` open.

<part>/<label>/<name>      hard links to `raw/`, or copies
<part>/metadata.jsonl      one line a picture: `file_name` and what is known of it
README.md                  the data card; its YAML gives `label` as a class, not as a word

https://huggingface.co/docs/datasets/image_dataset: `file_name` is relative to its metadata file,
all parts need the same columns of the same types. Arrow guesses the types, so no value is null
and no time looks like one to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curate.exports.card import Beside, write_card
from curate.exports.inventory import Inventory
from curate.exports.texts import METADATA, write_lines
from curate.fresh import fresh_folder
from curate.rawfiles import raw_file
from harvest.ledger.exports import CARD
from harvest.ledger.folder import FolderMode, parse_sha8, place
from harvest.ledger.manifest import ManifestLine

COLUMNS = {
    "label": "string",
    "sha256": "string",
    "group": "string",
    "source": "string",
    "account": "string",
    "post_url": "string",
    "url": "string",
    "posted_at": "string",
    "width": "int64",
    "height": "int64",
    "bytes": "int64",
    "phash256": "string",
}
"""Column of the metadata -> its type in Hugging Face's words; `file_name` comes first."""


_WORDS = (
    'Each part is a folder of label folders: `datasets.load_dataset("./imagefolder")` of Hugging'
    ' Face gives all parts, `torchvision.datasets.ImageFolder("imagefolder/train")` one.'
)

_STRANGE = ("gif", "avif")  # not among the extensions that torchvision's ImageFolder looks for


def strange_to_torchvision(inventory: Inventory) -> int:
    """Pictures of the build that torchvision passes over, as it opens no GIF and no AVIF."""
    return sum(picture.stored.extension in _STRANGE for picture in inventory.built)


def is_of_imagefolder(file: Path) -> bool:
    """Whether an export may have written a file, by its path below the folder."""
    if len(file.parts) == 3:
        return parse_sha8(file.name) is not None
    ours = CARD if len(file.parts) == 1 else METADATA
    return file.name in (ours, f"{ours}.part") and len(file.parts) < 3


def write_imagefolder(inventory: Inventory, path: Path, mode: FolderMode) -> int:
    """Write the folder anew; returns its number of pictures.

    A label without a picture in a part has an empty folder there, so that classes have the same
    numbers in all parts. Raises DataError when nothing was built.
    """
    parts = inventory.built_lines()
    with fresh_folder(path) as fresh:
        fresh.mkdir()
        # The card comes first: by it a take-down knows what a killed run has left, too.
        write_card(inventory, fresh, Beside(_WORDS, _features(inventory, list(parts))))
        for part, pictures in parts.items():
            for label in inventory.labels:
                (fresh / part / label).mkdir(parents=True)
            for picture, line in pictures:
                place(raw_file(inventory.folder, picture.stored), fresh / line.file, mode)
            write_lines(fresh / part / METADATA, (_record(line) for _, line in pictures))
    return sum(map(len, parts.values()))


def _record(line: ManifestLine) -> dict[str, object]:
    told = {
        "url": line.urls[0] if line.urls else "",
        "posted_at": _plain_time(line.posted_at),
        "account": line.account or "",
        "post_url": line.post_url or "",
    }
    columns = {name: told[name] if name in told else getattr(line, name) for name in COLUMNS}
    return {"file_name": line.file.partition("/")[2], **columns}


def _plain_time(posted_at: str | None) -> str:
    """`2024-01-31 12:00:00 UTC`."""
    return f"{posted_at[:19].replace('T', ' ')} UTC" if posted_at else ""


def _features(inventory: Inventory, parts: Sequence[str]) -> dict[str, object]:
    """The card's YAML that `datasets` reads: files of each part, columns, names of the classes."""
    names = dict(enumerate(inventory.labels))
    columns: list[dict[str, object]] = [{"name": "image", "dtype": "image"}]
    columns += [{"name": name, "dtype": kind} for name, kind in COLUMNS.items()]
    columns[1]["dtype"] = {"class_label": {"names": {str(n): name for n, name in names.items()}}}
    files = [{"split": part, "path": f"{part}/**"} for part in parts]
    return {
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": {"features": columns},
    }
