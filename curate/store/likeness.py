"""What people have said of pairs of pictures, and the join of hashes that the last check made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.ledger.catalog import Catalog

if TYPE_CHECKING:
    from curate.neighbours import Join


@dataclass(frozen=True, slots=True)
class Saying:
    """One word on one pair; the last one stands."""

    a: str
    """The smaller sha256."""
    b: str
    """The larger sha256."""
    at: str
    """ISO 8601, UTC."""
    who: str
    """Login name."""
    different: bool
    """Whether the two are called different pictures; else that is taken back."""


def add_saying(catalog: Catalog, saying: Saying) -> None:
    """Remember a word on a pair."""
    with catalog.transaction() as connection:
        connection.execute(
            "INSERT INTO likeness(a, b, at, who, different) VALUES (?, ?, ?, ?, ?)",
            (saying.a, saying.b, saying.at, saying.who, saying.different),
        )


def read_apart(catalog: Catalog) -> dict[tuple[str, str], Saying]:
    """Pairs that are called different pictures, by (a, b), with the word that stands."""
    rows = catalog.connection.execute(
        "SELECT a, b, at, who, different FROM likeness ORDER BY id"
    ).fetchall()
    last = {(r["a"], r["b"]): Saying(r["a"], r["b"], r["at"], r["who"], bool(r[4])) for r in rows}
    return {pair: saying for pair, saying in sorted(last.items()) if saying.different}


def read_join(catalog: Catalog, hash_version: str) -> Join | None:
    """The join of the last check over hashes of this version; None where there is none."""
    row = catalog.connection.execute(
        "SELECT radius, words, pairs FROM joined WHERE hash_version = ?", (hash_version,)
    ).fetchone()
    if row is None:
        return None
    import numpy as np  # read by checks alone; the labelling page starts without

    from curate.neighbours import Join

    words = np.frombuffer(row["words"], dtype="<u8").astype(np.uint64)
    pairs = np.frombuffer(row["pairs"], dtype="<u8").astype(np.uint64).reshape(-1, 2)
    return Join(row["radius"], words, pairs)


def save_join(catalog: Catalog, join: Join, hash_version: str) -> None:
    """Keep a join in the place of the last one."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM joined")
        connection.execute(
            "INSERT INTO joined(hash_version, radius, words, pairs) VALUES (?, ?, ?, ?)",
            (
                hash_version,
                join.radius,
                join.words.astype("<u8").tobytes(),
                join.pairs.astype("<u8").tobytes(),
            ),
        )
