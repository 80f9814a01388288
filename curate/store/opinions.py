"""Curation's opinions: measures, verdicts, proofs, clusters, splits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields

from curate.facts import Measure, Spot, Verdict
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
    """Levels in the worst tile: `curate/tiles.py`."""
    kind: str
    """`same`, `unsure`, `variant`, `unlike`: `curate/same.py`."""
    how: str = ""
    """What one is of the other, as far as it is proved: `resized`, `crop`, `mirror`, …"""
    spot: Spot = (0, 0, 0, 0)
    """The worst tile: left, top, width, height in thousandths of the picture."""


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


def each_measure(catalog: Catalog, hash_version: str) -> Iterator[Measure]:
    """Measures taken with this version of the hashes, one after the other, by sha256."""
    rows = catalog.connection.execute(
        f"SELECT {_MEASURE} FROM measure WHERE hash_version = ? ORDER BY sha256",  # noqa: S608
        (hash_version,),
    )
    return (Measure(*row) for row in rows)


def read_measures(catalog: Catalog, hash_version: str) -> dict[str, Measure]:
    """Measures taken with this version of the hashes, by sha256, in that order: all at once."""
    return {facts.sha256: facts for facts in each_measure(catalog, hash_version)}


def read_measured(catalog: Catalog, hash_version: str) -> set[str]:
    """sha256 of the pictures measured with this version of the hashes."""
    rows = catalog.connection.execute(
        "SELECT sha256 FROM measure WHERE hash_version = ?", (hash_version,)
    )
    return {row["sha256"] for row in rows}


def read_outdated(catalog: Catalog, hash_version: str) -> dict[str, str]:
    """sha256 -> version, of the measures taken with another version of the hashes."""
    rows = catalog.connection.execute(
        "SELECT sha256, hash_version FROM measure WHERE hash_version <> ? ORDER BY sha256",
        (hash_version,),
    )
    return {row["sha256"]: row["hash_version"] for row in rows}


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
        "SELECT sha256, check_name, score, flagged, reason, warned FROM verdict"
        " ORDER BY sha256, check_name"
    )
    found: dict[str, list[Verdict]] = {}
    for row in rows:
        name, score, flagged, warned = (
            row[key] for key in ("check_name", "score", "flagged", "warned")
        )
        verdict = Verdict(name, score, bool(flagged), row["reason"], bool(warned))
        found.setdefault(row["sha256"], []).append(verdict)
    return found


def read_checked(catalog: Catalog) -> str:
    """When the last check ran, ISO 8601, UTC; empty: not yet, or by an older winnow."""
    row = catalog.connection.execute("SELECT at FROM checked ORDER BY id DESC LIMIT 1").fetchone()
    return str(row["at"]) if row is not None else ""


def replace_verdicts(
    catalog: Catalog, verdicts: Iterable[tuple[str, Iterable[Verdict]]], at: str
) -> None:
    """Put these verdicts (sha256, its own) in the place of all earlier ones; `at`: ISO 8601."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM verdict")
        connection.executemany(
            "INSERT INTO verdict(sha256, check_name, score, flagged, reason, warned)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (sha256, v.check, v.score, v.flagged, v.reason, v.warned)
                for sha256, some in verdicts
                for v in some
            ),
        )
        connection.execute("INSERT INTO checked(at) VALUES (?)", (at,))


def read_pairs(catalog: Catalog, proof: str) -> dict[tuple[str, str], Pair]:
    """Proofs made by this version of the recipe, by (a, b)."""
    rows = catalog.connection.execute(
        "SELECT a, b, distance64, distance256, tile, kind, how, x, y, wide, high FROM pair"
        " WHERE proof = ? ORDER BY a, b",
        (proof,),
    )
    return {
        (row["a"], row["b"]): Pair(
            row["a"],
            row["b"],
            row["distance64"],
            row["distance256"],
            row["tile"],
            row["kind"],
            row["how"],
            (row["x"], row["y"], row["wide"], row["high"]),
        )
        for row in rows
    }


def save_pairs(catalog: Catalog, pairs: Iterable[Pair], proof: str) -> None:
    """Write proofs made by this version of the recipe."""
    with catalog.transaction() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO pair(a, b, distance64, distance256, tile, kind, how,"
            " x, y, wide, high, proof) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (p.a, p.b, p.distance64, p.distance256, p.tile, p.kind, p.how, *p.spot, proof)
                for p in pairs
            ],
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
    """The build that stands, by sha256; with `plan` all that its builds have ever decided."""
    rows = catalog.connection.execute(
        "SELECT sha256, part, grp FROM split WHERE CASE WHEN ?1 IS NULL THEN built"
        " ELSE plan = ?1 END ORDER BY sha256",
        (plan,),
    )
    return {row["sha256"]: Assigned(row["part"], row["grp"]) for row in rows}


def save_split(catalog: Catalog, split: Mapping[str, Assigned], plan: str) -> None:
    """Write the split of the build that stands now; what was decided before is remembered."""
    with catalog.transaction() as connection:
        connection.execute("UPDATE split SET built = 0 WHERE built")
        connection.executemany(
            "INSERT OR REPLACE INTO split(sha256, part, grp, plan, built) VALUES (?, ?, ?, ?, 1)",
            [(sha256, one.part, one.group, plan) for sha256, one in split.items()],
        )
