"""`manifest.parquet`: every picture ever seen, kept or not, with what became of it.

With pyarrow (extra `parquet`), group by group; the same data set gives the same bytes with the same
pyarrow, which names itself in the file.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from curate.exports.inventory import Entry, Inventory
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import IMAGES

_ROWS = 5_000  # in one group: some ten megabytes at a time


def need_pyarrow() -> None:
    """Raise UsageError where pyarrow is not installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise UsageError(
            "manifest.parquet is written with pyarrow, which is not installed;"
            " run `pip install 'winnow[parquet]'` or leave `parquet` out"
        ) from None


def write_table(inventory: Inventory, path: Path) -> int:
    """Write the table through a part file; returns its number of rows."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    part = path.with_name(path.name + ".part")
    rows = (_row(entry, inventory) for entry in inventory.entries())
    count = 0
    with pq.ParquetWriter(part, _schema(), compression="zstd") as writer:
        while some := list(islice(rows, _ROWS)):
            writer.write_table(pa.Table.from_pylist(some, schema=writer.schema))
            count += len(some)
    part.replace(path)
    return count


def _schema() -> Any:
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    return pa.schema(
        [
            pa.field("sha256", text, nullable=False),
            pa.field("state", text, nullable=False),
            ("reason", text),
            ("detail", text),
            ("keeper", text),
            ("label", text),
            ("split", text),
            ("group", text),
            pa.field("by_hand", pa.bool_(), nullable=False),
            ("file", text),
            ("original_file", text),
            ("source", text),
            ("account", text),
            ("post_url", text),
            ("url", text),
            ("urls", pa.list_(text)),
            ("posted_at", pa.timestamp("us", tz="UTC")),
            ("tags", pa.list_(text)),
            ("sensitive", pa.bool_()),
            pa.field("posts", number, nullable=False),
            pa.field("media_type", text, nullable=False),
            pa.field("bytes", pa.int64(), nullable=False),
            ("width", number),
            ("height", number),
            ("frames", number),
            ("phash64", text),
            ("phash256", text),
            ("hash_version", text),
            ("fault", text),
        ]
    )


def _row(entry: Entry, inventory: Inventory) -> dict[str, object]:
    image, facts = entry.stored.image, entry.measure
    first = entry.sightings[0] if entry.sightings else None
    decoded = facts if facts and not facts.fault else None
    return {
        "sha256": image.sha256,
        "state": entry.state,
        "reason": entry.reason or None,
        "detail": entry.detail or None,
        "keeper": entry.keeper,
        "label": entry.label,
        "split": entry.assigned.part or None,
        "group": entry.assigned.group or None,
        "by_hand": entry.by_hand,
        "file": _storable(f"{IMAGES}/{entry.path}") if entry.path else None,
        "original_file": next((seen.file for seen in entry.sightings if seen.file), ""),
        "source": first.source if first else None,
        "account": first.author if first else None,
        "post_url": first.post_url if first else None,
        "url": entry.urls[0] if entry.urls else None,
        "urls": list(entry.urls),
        "posted_at": datetime.fromisoformat(first.posted_at) if first and first.posted_at else None,
        "tags": list(inventory.tags.get(image.sha256, ())),
        "sensitive": any(seen.sensitive for seen in entry.sightings),
        "posts": len({(seen.source, seen.post_id) for seen in entry.sightings}),
        "media_type": image.media_type,
        "bytes": image.n_bytes,
        "width": decoded.width if decoded else None,
        "height": decoded.height if decoded else None,
        "frames": decoded.frames if decoded else None,
        "phash64": decoded.phash64 if decoded else None,
        "phash256": decoded.phash256 if decoded else None,
        "hash_version": decoded.hash_version if decoded else None,
        "fault": facts.fault or None if facts else None,
    }


def _storable(path: str) -> str:
    """A path as text: a name may be bytes that are none."""
    return path.encode("utf-8", "backslashreplace").decode()
