"""One sitting with all that can happen: keys, pages, undo, reload, kill, two tabs, no server."""

from __future__ import annotations

import os
import signal
import sqlite3

import pytest

from curate.store.decisions import read_decisions
from curate.store.moves import read_places
from curate.store.pages import read_steps
from curate.store.schema import open_store

LABELS = "comic,photo"
ENTER = "\ue007"


class Sorter:
    """Sorts by the truth, and remembers what stood in view at each key."""

    def __init__(self, person, data) -> None:
        self.person, self.data, self.answered = person, data, 0
        self.seen: set[str] = set()

    def singles(self, count: int) -> None:
        """Labels pictures one by one."""
        for _ in range(count):
            self.person.look()
            self.seen.add(self.person.label_by(self.data.truth))
            self.answered += 1

    def page(self) -> None:
        """Marks what is wrong on the next page, and confirms it."""
        there = self.person
        there.wait(lambda: there.data("page") or there.data("mode") == "single")
        while not there.data("page"):  # looks one by one, while they teach the model more
            self.singles(1)
            there.sent()
            there.wait(lambda: there.data("page") or there.data("mode") == "single")
        there.ready()
        name = there.data("page")
        label = there.driver.find_element("css selector", "#grid-title b").text
        for tile in there.driver.find_elements("css selector", ".tile"):
            sha256 = tile.get_attribute("data-sha256")
            self.seen.add(sha256)
            if self.data.truth[sha256] != label:
                tile.click()
        there.press(ENTER)
        there.wait(lambda: there.data("page") != name)
        there.sent()
        self.answered += 1

    def undo(self, count: int) -> None:
        """Takes steps back, one after the other."""
        for number in range(count):
            self.person.press("z")
            self.person.wait(lambda number=number: undone(self.data) > number)
            self.person.sent()

    def view(self, name: str) -> None:
        """Goes to singles, or back to pages, once there is something."""
        self.person.wait(lambda: self.person.data("mode") in ("single", "grid"))
        self.person.driver.find_element("id", f"to-{name}").click()


def undone(data) -> int:
    """Steps that were taken back so far."""
    with sqlite3.connect(f"file:{data.folder.catalog}?mode=ro", uri=True) as catalog:
        query = "SELECT count(*) FROM page_step WHERE undoes IS NOT NULL"
        return catalog.execute(query).fetchone()[0]


LONG = pytest.param((600, 200, 50), marks=pytest.mark.soak)


@pytest.mark.parametrize("size", [(220, 9, 6), LONG])
def test_folder_decisions_and_catalog_agree(processes, person, colours, tmp_path, size):
    """Whatever befalls the page, each picture stands where its last answer put it."""
    count, keys, back = size
    data = colours.make_coloured(tmp_path / "data", count, noise=10.0)
    with processes.command(data.folder, labels=LABELS, learning=True) as (process, address):
        first = person(address)
        sorter = Sorter(first, data)
        sorter.view("single")
        sorter.singles(keys)
        sorter.view("auto")
        sorter.page()
        sorter.page()
        sorter.view("single")
        sorter.undo(back)
        first.driver.refresh()
        sorter.view("single")
        sorter.singles(2)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        sorter.singles(2)
        words = first.text("outbox")
    port = processes.port_of(address)
    with processes.command(data.folder, port, labels=LABELS, learning=True) as (_, address):
        first.sent()
        second = Sorter(person(address, new_tab=True), data)
        second.view("single")
        for _ in range(2):
            for one in (second, sorter):
                one.person.front()
                one.singles(1)
                one.person.sent()
    seen = sorter.seen | second.seen
    with open_store(data.folder) as catalog:
        decisions = {s: every[-1] for s, every in read_decisions(catalog).items()}
        noted, steps = {}, read_steps(catalog)
        for place in read_places(catalog):
            noted.setdefault(place.sha256, set()).add(place.path.rpartition("/")[0])
    folders = processes.tree(data.folder)
    sorted_ = {s: where for s, where in folders.items() if where != {"_unsorted"}}

    assert "not sent yet" in words
    assert noted == folders and len(folders) == count
    assert {s: set(last.after) for s, last in decisions.items()} == {
        s: folders[s] for s in decisions
    }
    assert sorted_.keys() <= decisions.keys() <= seen
    assert sorted_ == {s: {data.truth[s]} for s in sorted_}
    assert sum(step.undoes is None for step in steps) == sorter.answered + second.answered
    assert len({step.client for step in steps}) == len(steps)
    assert sum(step.undoes is not None for step in steps) == back
