"""Curation's opinions: measures, verdicts, proofs, clusters, splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields

from curate.facts import Measure, Verdict
from harvest.ledger.catalog import Catalog

_MEASURE = ", ".join(f.name for f in fields(Measure))
_MEASURE_MARKS = ", ".join("?" * len(fields(Measure)))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that hash alike, and the proof."""

    a: str
    """The smaller sha256."""
    b: str
    """The larger sha256."""
    distance64: int
    """Bits between the 64-bit hashes."""
    distance256: int
    """Bits between the 256-bit hashes."""
    tile: float
    """Levels in the worst tile: `curate/same.py`."""
    kind: str
    """`same`, `unsure`, `variant`."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Where a picture stands among its near duplicates."""

    keeper: str
    """The picture that stands for it; itself when it is the one."""
    kin: str
    """Name of its component: same, unsure and variant pictures together, for the split."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Where a picture went when the data set was built."""

    part: str
    """`train`, `validation`, `test`."""
    group: str
    """Group of pictures that stay together."""


def read_measures(catalog: Catalog, hash_version: str) -> dict[str, Measure]:
    """Measures taken with this version of the hashes, by sha256, in that order."""
    rows = catalog.connection.execute(
        f"SELECT {_MEASURE} FROM measure WHERE hash_version = ? ORDER BY sha256",  # noqa: S608
        (hash_version,),
    )
    return {row["sha256"]: Measure(*row) for row in rows}


def save_measures(catalog: Catalog, measures: Iterable[Measure]) -> None:
    """Write measures in one transaction; older ones of the same pictures are replaced."""
    with catalog.transaction() as connection:
        connection.executemany(
            f"INSERT OR REPLACE INTO measure({_MEASURE}) VALUES ({_MEASURE_MARKS})",  # noqa: S608
            [astuple(m) for m in measures],
        )


def read_verdicts(catalog: Catalog) -> dict[str, list[Verdict]]:
    """Verdicts of the last check by sha256."""
    rows = catalog.connection.execute(
        "SELECT sha256, check_name, score, flagged, reason FROM verdict ORDER BY sha256, check_name"
    )
    found: dict[str, list[Verdict]] = {}
    for row in rows:
        verdict = Verdict(row["check_name"], row["score"], bool(row["flagged"]), row["reason"])
        found.setdefault(row["sha256"], []).append(verdict)
    return found


def replace_verdicts(catalog: Catalog, verdicts: Mapping[str, Iterable[Verdict]]) -> None:
    """Put these verdicts in the place of all earlier ones."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM verdict")
        connection.executemany(
            "INSERT INTO verdict(sha256, check_name, score, flagged, reason)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                (sha256, v.check, v.score, v.flagged, v.reason)
                for sha256, some in verdicts.items()
                for v in some
            ),
        )


def read_pairs(catalog: Catalog, proof: str) -> dict[tuple[str, str], Pair]:
    """Proofs made by this version of the recipe, by (a, b)."""
    rows = catalog.connection.execute(
        "SELECT a, b, distance64, distance256, tile, kind FROM pair WHERE proof = ?", (proof,)
    )
    return {(row["a"], row["b"]): Pair(*row) for row in rows}


def save_pairs(catalog: Catalog, pairs: Iterable[Pair], proof: str) -> None:
    """Write proofs made by this version of the recipe."""
    with catalog.transaction() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO pair(a, b, distance64, distance256, tile, kind, proof)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*astuple(pair), proof) for pair in pairs],
        )


def read_clusters(catalog: Catalog) -> dict[str, Membership]:
    """Pictures that have near duplicates, by sha256."""
    rows = catalog.connection.execute("SELECT sha256, keeper, kin FROM cluster ORDER BY sha256")
    return {row["sha256"]: Membership(row["keeper"], row["kin"]) for row in rows}


def replace_clusters(catalog: Catalog, clusters: Mapping[str, Membership]) -> None:
    """Put these clusters in the place of all earlier ones."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM cluster")
        connection.executemany(
            "INSERT INTO cluster(sha256, keeper, kin) VALUES (?, ?, ?)",
            [(sha256, member.keeper, member.kin) for sha256, member in clusters.items()],
        )


def read_split(catalog: Catalog, plan: str | None = None) -> dict[str, Assigned]:
    """The split as last built, by sha256; with `plan` only what was drawn by these settings."""
    rows = catalog.connection.execute(
        "SELECT sha256, part, grp FROM split WHERE ?1 IS NULL OR plan = ?1 ORDER BY sha256", (plan,)
    )
    return {row["sha256"]: Assigned(row["part"], row["grp"]) for row in rows}


def save_split(catalog: Catalog, split: Mapping[str, Assigned], plan: str) -> None:
    """Write a split; rows that other settings drew go."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM split WHERE plan <> ?", (plan,))
        connection.executemany(
            "INSERT OR REPLACE INTO split(sha256, part, grp, plan) VALUES (?, ?, ?, ?)",
            [(sha256, one.part, one.group, plan) for sha256, one in split.items()],
        )
