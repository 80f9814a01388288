"""Whatever people do at a file manager: catalog and disk agree, nothing is lost, undo works."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from curate.history import Goal
from curate.labels import Manner, sync
from curate.undo import undo
from curate.watch import Time, watch
from harvest.ledger.errors import UsageError


class World:
    """A data set in people's hands, and what must be true of it."""

    def __init__(self, make, people, seed: int) -> None:
        self.make, self.people, self.folder = make, people, make.folder
        self.rng = random.Random(seed)
        hashes = [make.add(people.draw(-n - 1), ("comic", "photo", None)[n % 3]) for n in range(30)]
        self.homes = {s: {make.names[s].split("/")[0]} for s in hashes}
        self.images = make.folder.images
        self.person = people.Person(self.images, self.rng)
        self.ever = set(hashes)
        sync(self.folder)
        self.snapshots = [(0, self.people.tree(self.images))]

    def sql(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.folder.catalog)) as sql:
            return sql.execute(query).fetchall()

    def look(self) -> None:
        """Sync, then hold the catalog against the disk."""
        found = sync(self.folder)
        self.hold()
        tree = self.people.tree(self.images)
        last = self.sql("SELECT COALESCE(MAX(id), 0) FROM decision")[0][0]
        self.snapshots.append((last, tree))
        torn = {s for s, where in tree.items() if self.is_unclear(where)}

        assert set(found.conflicts) == torn
        assert found.pictures == len(tree)
        assert sync(self.folder).hand_moves == 0

    @staticmethod
    def is_unclear(where: set[str]) -> bool:
        labels = [folder for folder in where if folder[0] != "_"]
        return len(labels) > 1 or (bool(labels) and any(f[:9] == "_rejected" for f in where))

    def hold(self) -> None:
        """What the catalog says is what the disk says, and every byte ever seen is in raw/."""
        tree = self.people.tree(self.images)
        places = {
            path: (sha256, label)
            for path, sha256, label in self.sql("SELECT path, sha256, label FROM place")
        }
        disk = {}
        for path in self.people.pictures(self.images):
            folder = self.people.folder_of(path, self.images)
            label = None if folder[0] == "_" else folder
            disk[path.relative_to(self.images).as_posix()] = (self.people.sha(path), label)
        self.ever |= tree.keys()
        stands = dict(self.homes)
        for sha256, after in self.sql("SELECT sha256, after FROM decision ORDER BY id"):
            stands[sha256] = set(json.loads(after))
        kept = {path.stem: self.people.sha(path) for path in self.folder.raw.glob("??/*")}

        assert places == disk
        assert {s: where for s, where in stands.items() if where} == tree
        assert {s for s in self.ever if kept.get(s) != s} <= self.person.spoiled

    def go_back(self, number: int, tree: dict[str, set[str]]) -> None:
        """Undo to a decision: the tree is what it was then; undo that: it is what it is now."""
        now = self.people.tree(self.images)
        there = undo(self.folder, Goal(to=number), dry_run=True)
        unmoved = self.people.tree(self.images)
        back = undo(self.folder, Goal(to=number))
        then = self.people.tree(self.images)
        self.hold()

        assert unmoved == now
        assert (there.moves, there.pictures) == (back.moves, back.pictures)
        assert back.skipped == []
        assert set(back.lost) <= self.person.spoiled
        assert then == {s: where for s, where in tree.items() if s not in back.lost}
        if back.pictures:
            undo(self.folder, Goal())
            self.hold()

            assert self.people.tree(self.images) == now

    def play(self, operations: int) -> None:
        while self.person.done < operations:
            for _ in range(self.rng.randrange(1, 12)):
                self.person.act()
            self.look()
            if self.rng.random() < 0.15:
                self.go_back(*self.rng.choice(self.snapshots))
        self.go_back(*self.snapshots[0])


def test_hand_operations_are_read_back_and_undone(make_both, people) -> None:
    """Sixty random operations, synced now and then, by links and by copies."""
    World(make_both, people, seed=8).play(60)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_five_hundred_hand_operations(make_both, people, seed: int) -> None:
    """Five hundred, from several seeds."""
    World(make_both, people, seed).play(500)


def two_people(make, people, seed: int, operations: int) -> None:
    """Two people move at once, each in a thread, while the watch runs; then all is held."""
    world = World(make, people, seed)
    crowd = [people.Person(world.images, random.Random(seed * 10 + n)) for n in range(2)]
    threads = [
        threading.Thread(target=lambda p=p: [p.act() for _ in range(operations)]) for p in crowd
    ]
    ticks = iter(range(10**9))
    left = [40]  # looks at the folders after the last move

    def pause(_: float) -> bool:
        for thread in threads:
            thread.join(0.002)
        left[0] -= not any(thread.is_alive() for thread in threads)
        return left[0] <= 0

    # A clock that is an hour ahead: no file was written to just now.
    later = timedelta(hours=1)
    time = Time(lambda: next(ticks) * 0.25, pause, lambda: datetime.now(UTC) + later)
    for thread in threads:
        thread.start()
    turns = []
    while True:
        try:
            turns += list(watch(world.folder, Manner(who="ada"), time))
        except UsageError:  # two spellings of one label, at the first look: made by two at once
            continue
        break
    world.person.spoiled |= {s for one in crowd for s in one.spoiled}
    merge_twins(world, people)
    sync(world.folder)
    world.hold()
    read = sum(turn.found.hand_moves for turn in turns if turn.found)

    assert [one.done for one in crowd] == [operations] * 2
    assert read > operations / 4
    world.go_back(*world.snapshots[0])


def merge_twins(world: World, people) -> None:
    """Two people may make two spellings of one label at once; then one of them puts it right."""
    for folder in sorted(
        p for p in world.images.iterdir() if p.is_dir() and p.name[0] not in "._$"
    ):
        twin = world.person.twin(folder.name, but=folder) if folder.exists() else None
        if twin is not None:
            for file in [p for p in (world.images / twin).rglob("*") if p.is_file()]:
                world.person.put(file, folder / file.name)
            people.shutil.rmtree(world.images / twin)


def test_two_people_move_at_once_while_the_watch_runs(make_both, people) -> None:
    """Forty operations each; the catalog agrees in the end, and undo leads to the beginning."""
    two_people(make_both, people, seed=3, operations=40)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_two_people_move_for_long(make_both, people, seed: int) -> None:
    """Five hundred operations each."""
    two_people(make_both, people, seed + 100, operations=500)
