"""A look at a data set that nobody has touched: it writes nothing, and forgets what it must."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from curate.labels import read_hands
from curate.store.moves import announce_moves, read_announced, read_placed
from curate.store.schema import open_store


@pytest.fixture
def look(make, draw):
    """Looks at three pictures; gives the rows that this wrote."""
    for seed in range(3):
        make.add(draw.encode(draw.photo(seed, (64, 48))), "comic")

    def look() -> int:
        with open_store(make.folder) as catalog:
            before = catalog.connection.total_changes
            read_hands(catalog, make.folder, lambda: datetime(2026, 1, 1, tzinfo=UTC))
            return catalog.connection.total_changes - before

    return look


def test_a_second_look_writes_nothing(look):
    """Where all stands as it was noted, no row is written again."""
    first, second = look(), look()

    assert first > 0
    assert second == 0


def test_a_file_that_moved_is_noted(look, make):
    """One file elsewhere, and the look is written down."""
    look()
    path = next((make.folder.images / "comic").iterdir())
    (make.folder.images / "other").mkdir()
    path.rename(make.folder.images / "other" / path.name)

    assert look() > 0
    assert look() == 0


def test_an_announced_move_that_never_was_is_forgotten(look, make):
    """Though all stands as noted, an announcement of a killed run goes with the next look."""
    look()
    path = next((make.folder.images / "comic").iterdir())
    with open_store(make.folder) as catalog:
        announce_moves(catalog, [(f"comic/{path.name}", f"_rejected/blank/{path.name}")])
    look()
    with open_store(make.folder) as catalog:
        assert read_announced(catalog) == []


def test_where_harvest_puts_a_picture_now_is_noted(look, make):
    """A place that harvest has changed in the catalog is read, though the file stands as before."""
    look()
    with open_store(make.folder) as catalog, catalog.transaction() as sql:
        sql.execute("UPDATE image SET placed_as = 'comic/' || placed_as")
        wanted = {r["sha256"]: r["placed_as"] for r in sql.execute("SELECT * FROM image")}
    look()
    with open_store(make.folder) as catalog:
        assert read_placed(catalog) == wanted
