"""How pictures look: perceptual hashes, taken once a picture and remembered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import HASH_VERSION


@dataclass(frozen=True, slots=True)
class Look:
    """What is compared of a picture without its file."""

    phash256: str
    """64 hex digits; "" for what cannot be decoded."""
    width: int
    """Pixels, upright; 0 for what cannot be decoded."""
    height: int
    """Pixels, upright; 0 for what cannot be decoded."""


def read_looks(catalog: Catalog, hashes: Iterable[str]) -> dict[str, Look]:
    """The looks that are remembered of these pictures (sha256), by today's recipe."""
    rows = catalog.connection.execute(
        "SELECT sha256, phash256, width, height FROM look"
        " WHERE recipe = ? AND sha256 IN (SELECT value FROM json_each(?))",
        (HASH_VERSION, json.dumps(list(hashes))),
    )
    return {row["sha256"]: Look(row["phash256"], row["width"], row["height"]) for row in rows}


def add_looks(catalog: Catalog, looks: Mapping[str, Look]) -> None:
    """Remember looks, by sha256, in one transaction. Raises StorageFull."""
    rows: Sequence[tuple[object, ...]] = [
        (sha256, HASH_VERSION, look.phash256, look.width, look.height)
        for sha256, look in looks.items()
    ]
    with catalog.transaction() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO look(sha256, recipe, phash256, width, height)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )
