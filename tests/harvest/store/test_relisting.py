"""What the catalog holds of published lines, and a lock file as a table beside it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from harvest.ledger.lockfile import LockLine
from harvest.store import relisting
from harvest.store.relisting import Listing
from harvest.store.schema import open_store
from harvest.store.temporary import DateTable, LockTable


def line(number: int, label: str = "comic") -> LockLine:
    return LockLine(
        f"http://x.example/{number}", label, f"{number:064x}", "", 1, 2, 3, "train", "g"
    )


def test_lock_lines(tmp_path: Path) -> None:
    """Lines are found whole, of two for one address the first; the rest remains, in order."""
    lines = [line(n) for n in range(2500)]
    pairs = [(f"key{n}", one) for n, one in enumerate(lines)]
    with open_store(tmp_path / "catalog.sqlite") as catalog:
        every = [*pairs, ("key7", line(7, "twice"))]
        table = LockTable(catalog, [(key, "", one) for key, one in every])
        found = table.find(["key7", "key1200", "nothing"])
        left = list(table.unlisted())

    assert found == {"key7": lines[7], "key1200": lines[1200]}
    assert left == [one for n, one in enumerate(lines) if n not in (7, 1200)]


def test_dates(tmp_path: Path) -> None:
    """Of several times for one address the first holds, and no other address has one."""
    told = [("http://a", "2019-01-01"), ("http://a", "2020-01-01"), ("http://b", "2021-01-01")]
    with open_store(tmp_path / "catalog.sqlite") as catalog:
        dates = DateTable(catalog, told)

        assert dates.find(["http://a", "http://c"]) == {"http://a": "2019-01-01"}


def listed(tmp_path: Path, targets: dict[str, list[str]]) -> Path:
    """A catalog whose targets showed these post ids, each ended for a reason of its own."""
    path = tmp_path / "catalog.sqlite"
    with open_store(path) as catalog, catalog.transaction() as connection:
        for target, keys in targets.items():
            for place, key in enumerate(keys):
                connection.execute(
                    "INSERT INTO sighting(source, post_id, media_index, url, status, reason)"
                    " VALUES ('urls', ?1, 0, '', 'gone', ?1) ON CONFLICT DO NOTHING",
                    (key,),
                )
                connection.execute(
                    "INSERT INTO seen(target, sighting, position)"
                    " SELECT ?, id, ? FROM sighting WHERE post_id = ?",
                    (target, 2 * place, key),
                )
    return path


ORDERS = {
    "as it was": lambda keys: keys,
    "backwards": lambda keys: keys[::-1],
    "each twice": lambda keys: [key for key in keys for _ in range(2)],
    "shuffled": lambda keys: random.Random(5).sample(keys, len(keys)),
    "the latter half": lambda keys: keys[len(keys) // 2 :],
    "new ones first": lambda keys: [*(f"new{n}" for n in range(99)), *keys],
}


@pytest.mark.parametrize("most_ahead", [10_000, 20])
@pytest.mark.parametrize("order", ORDERS)
def test_lines_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str, most_ahead: int
) -> None:
    """What became of each line is found, in whatever order a list has its lines by now."""
    monkeypatch.setattr(relisting, "_MOST_AHEAD", most_ahead)
    first, second = ([f"{name}{n}" for n in range(45)] for name in "ab")
    shown = {"urls:x": first, "urls:y": [*second, *first[:5]]}
    wanted = ORDERS[order]([*first, *second, *first[:5]])
    with open_store(listed(tmp_path, shown), read_only=True) as catalog:
        listing = Listing(catalog, list(shown))
        found = [listing.find(wanted[n : n + 10]) for n in range(0, len(wanted), 10)]
        told = {key: one.reason for some in found for key, one in some.items()}

    assert [set(some) for some in found] == [
        {key for key in wanted[n : n + 10] if not key.startswith("new")}
        for n in range(0, len(wanted), 10)
    ]
    assert told == {key: key for key in wanted if not key.startswith("new")}
