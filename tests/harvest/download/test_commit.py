"""What a kill between two steps of a commit leaves, and how the next run completes it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harvest.download.commit import Committer, sweep
from harvest.download.entry import Entry, Settled
from harvest.download.places import Placer
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Page, Sighting, Target
from harvest.store.places import record_places
from harvest.store.schema import open_store
from harvest.store.walks import add_page, begin

TARGET = Target("urls", "comic", label="comic")


class Desk:
    """A data set with sightings that wait for their pictures."""

    def __init__(self, root: Path, picture: Callable[[int], bytes]) -> None:
        self.folder = DatasetFolder.create(root)
        self.catalog = open_store(self.folder.catalog)
        self.notes: list[str] = []
        self.placer = Placer(self.folder, self.catalog, "link", self.notes.append)
        self.committer = Committer(self.folder, self.catalog, self.placer)
        self.picture = picture
        self.parts = 0
        sweep(self.folder)
        begin(self.catalog, [TARGET])
        add_page(self.catalog, TARGET, Page(tuple(map(self.sighting, range(9))), None))

    def sighting(self, number: int) -> Sighting:
        return Sighting("urls", f"{number:016x}", 0, f"http://pictures.example/{number}.jpg")

    def fetched(self, number: int, data: bytes | None = None) -> Entry:
        """What a large picture comes as: a part file, hashed."""
        data = self.picture(number) if data is None else data
        self.parts += 1
        part = self.folder.parts / f"{self.parts}.part"
        part.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        return self.held(number, data)._replace(sha256=digest, body=str(part))

    def held(self, number: int, data: bytes | None = None) -> Entry:
        """What a small picture comes as: its bytes."""
        data = self.picture(number) if data is None else data
        key = self.sighting(number).key
        url = self.sighting(number).url
        return Entry(key, "saved", "", "", url, 1, "image/jpeg", len(data), "", data)

    def commit(self, group: list[Entry]) -> list[Settled]:
        return self.committer.commit(group)

    def shown(self) -> list[str]:
        images = self.folder.images
        return sorted(str(p.relative_to(images)) for p in images.rglob("*") if p.is_file())


@pytest.fixture
def desk(tmp_path: Path, picture: Callable[[int], bytes]):
    """An open data set."""
    made = Desk(tmp_path / "set", picture)
    yield made
    made.catalog.close()


def raw_of(desk: Desk, entry: Entry) -> Path:
    return desk.folder.raw_path(entry.sha256, "jpg")


def test_group(desk: Desk) -> None:
    """A group ends read-only in raw/, shown by links, and nothing is left under way."""
    group = [desk.fetched(number) for number in range(5)]
    written = desk.commit(group)

    assert [o.status for o in written] == ["saved"] * 5
    assert [o.sha256 for o in written] == [f.sha256 for f in group]
    assert all(raw_of(desk, f).stat().st_mode & 0o777 == 0o444 for f in group)
    assert all(raw_of(desk, f).stat().st_nlink == 2 for f in group)
    assert len(desk.shown()) == 5
    assert not list(desk.folder.parts.iterdir())


def test_small_ones(desk: Desk) -> None:
    """Bytes that came without a part file end in the same way, whatever the umask."""
    old = os.umask(0o077)
    try:
        written = desk.commit([desk.held(number) for number in range(5)])
    finally:
        os.umask(old)
    homes = [desk.folder.raw_path(done.sha256, "jpg") for done in written]

    assert [home.read_bytes() for home in homes] == [desk.picture(number) for number in range(5)]
    assert all(home.stat().st_mode & 0o777 == 0o444 for home in homes)
    assert len(desk.shown()) == 5
    assert not list(desk.folder.parts.iterdir())


def test_same_bytes_within_a_group(desk: Desk) -> None:
    """Two addresses that bring the same bytes at once make one picture."""
    written = desk.commit([desk.fetched(0), desk.fetched(1, desk.picture(0))])

    assert [o.reason for o in written] == ["", "same_bytes"]
    assert len(desk.shown()) == 1
    assert not list(desk.folder.parts.iterdir())


def test_killed_before_the_transaction(desk: Desk) -> None:
    """Bytes without a row are fetched again and found in place: the file keeps its inode."""
    lost = desk.fetched(0)
    home = raw_of(desk, lost)
    home.parent.mkdir(parents=True)
    Path(str(lost.body)).rename(home)
    before = home.stat().st_ino
    desk.commit([desk.fetched(0)])

    assert home.stat().st_ino == before
    assert len(desk.shown()) == 1


def test_killed_before_the_place_was_noted(desk: Desk) -> None:
    """A picture that was placed and not noted is found where it is, not placed twice."""
    (written,) = desk.commit([desk.fetched(0)])
    desk.catalog.connection.execute("UPDATE image SET placed_as = NULL")
    rival = Target("urls", "photo", label="photo")
    add_page(desk.catalog, rival, Page((desk.sighting(0),), None))
    desk.placer.complete()
    after_restart = desk.shown()
    desk.placer.settle()

    assert after_restart == [f"comic/urls_{0:016x}_0_{written.sha256[:8]}.jpg"]
    assert [name.partition("/")[0] for name in desk.shown()] == ["_unsorted"]


def test_killed_before_it_was_placed(desk: Desk) -> None:
    """A picture that was saved and not placed is placed when the next run begins."""
    desk.commit([desk.fetched(0)])
    shown = desk.folder.images / desk.shown()[0]
    shown.unlink()
    desk.catalog.connection.execute("UPDATE image SET placed_as = NULL")
    desk.placer.complete()

    assert shown.exists()


def test_removed_by_hand(desk: Desk) -> None:
    """A picture that was placed and then removed by a person stays removed."""
    desk.commit([desk.fetched(0)])
    (desk.folder.images / desk.shown()[0]).unlink()
    desk.placer.complete()
    desk.placer.settle()

    assert desk.shown() == []


def test_name_is_taken(desk: Desk) -> None:
    """Another file of the same name is never overwritten; it is said, and the run goes on."""
    fetched = desk.fetched(0)
    taken = desk.folder.images / f"comic/urls_{0:016x}_0_{fetched.sha256[:8]}.jpg"
    taken.parent.mkdir(parents=True)
    taken.write_text("mine")
    desk.commit([fetched])

    assert taken.read_text() == "mine"
    assert any("another file has this name" in note for note in desk.notes)


def test_later_facts_do_not_depend_on_order(desk: Desk) -> None:
    """Whichever download ends first, name and `same_bytes` follow the list's order in the end."""
    data = desk.picture(3)
    (late,) = desk.commit([desk.fetched(5, data)])
    (early,) = desk.commit([desk.fetched(2, data)])
    desk.placer.settle()
    reasons = dict(
        desk.catalog.connection.execute(
            "SELECT post_id, reason FROM sighting WHERE status = 'saved'"
        ).fetchall()
    )

    assert (late.reason, early.reason) == ("", "same_bytes")
    assert reasons == {f"{2:016x}": "", f"{5:016x}": "same_bytes"}
    assert len(desk.shown()) == 1
    assert f"_{2:016x}_" in desk.shown()[0]


def test_sweep(desk: Desk) -> None:
    """Part files of killed runs are swept, nothing else."""
    desk.commit([desk.fetched(0)])
    desk.fetched(1)
    swept = sweep(desk.folder)

    assert swept == 1
    assert not list(desk.folder.parts.iterdir())
    assert len(desk.shown()) == 1


def test_places_are_noted_once(desk: Desk) -> None:
    """A place that a person's tool noted elsewhere is not fought over."""
    (written,) = desk.commit([desk.fetched(0)])
    record_places(desk.catalog, [(written.sha256, "comic/elsewhere.jpg")])
    before = desk.shown()
    desk.placer.settle()

    assert desk.shown() == before
