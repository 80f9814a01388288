"""`winnow curate page` as people have it: a process, a browser, a folder of pictures."""

from __future__ import annotations

import os
import signal
import time

import pytest

from curate.page.sitting import Sitting
from curate.page.values import PageSettings
from curate.store.decisions import read_decisions
from curate.store.schema import open_store


@pytest.fixture
def data(make, draw):
    """A data set of comics and photos, unsorted; returns its folder and sha256 -> truth."""
    truth = {}
    for seed in range(24):
        truth[make.add(draw.encode(draw.comic(seed)))] = "comic"
        truth[make.add(draw.encode(draw.photo(seed)))] = "no_comic"
    return make.folder, truth


def agreed(said):
    """What the label folders hold when they follow what was said."""
    return {
        label: {sha256[:8] for sha256, one in said.items() if one == label}
        for label in ("comic", "no_comic")
    }


def test_it_says_where_and_ends_by_ctrl_c(processes, data):
    """The address goes to stdout, news to stderr; Ctrl-C is how it ends, no failure."""
    folder, _ = data
    with processes.command(folder) as (process, address):
        process.send_signal(signal.SIGINT)
        _, news = process.communicate(timeout=20)

    assert address.startswith("http://127.0.0.1:")
    assert process.returncode == 0
    assert "ada sorts" in news and "kept" in news


def test_folders_follow_the_keys_and_a_kill_costs_nothing(processes, data, person):
    """After `kill -9` the page goes on where it was; folders, decisions and keys agree."""
    folder, truth = data
    said = {}
    with processes.command(folder) as (process, address):
        port = processes.port_of(address)
        there = person(address)
        for _ in range(8):
            there.look()
            said[there.label_by(truth)] = None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        there.look()
        said[there.label_by(truth)] = None
    with processes.command(folder, port):
        there.sent()
        for _ in range(4):
            there.look()
            said[there.label_by(truth)] = None
        there.sent()
    with open_store(folder) as catalog:
        told = {s: every[-1] for s, every in read_decisions(catalog).items()}
        settings = PageSettings(("comic", "no_comic"))
        steps = Sitting(folder, catalog, settings, None, time.time, "ada").state().undoable
    rows = {sha256: last for sha256, last in told.items() if last.how == "page"}

    assert steps == len(said) == 13
    assert processes.standing(folder) == agreed({sha256: truth[sha256] for sha256 in rows})
    assert rows.keys() <= said.keys()
    assert len(rows) > len(said) // 2  # a look at the hidden sample is none that labels
    assert all(last.after == frozenset({truth[s]}) for s, last in rows.items())
    assert {last.who for last in rows.values()} == {"ada"}


def test_two_tabs_never_get_the_same_picture(processes, data, person):
    """What one tab shows is kept from the other; together they answer each picture once."""
    folder, truth = data
    said = []
    with processes.command(folder) as (_, address):
        first = person(address)
        first.sees()
        second = person(address, new_tab=True)
        for _ in range(4):
            for tab in (first, second):
                tab.front()
                tab.look()
                said.append(tab.label_by(truth))
                tab.sent()

    assert len(set(said)) == len(said) == 8
    assert all(
        found <= every
        for found, every in zip(
            processes.standing(folder).values(), agreed(truth).values(), strict=True
        )
    )


def test_undo_leads_files_back(processes, data, person):
    """Every answer taken back, the pictures stand where they stood."""
    folder, truth = data
    with processes.command(folder) as (_, address):
        there = person(address)
        for _ in range(5):
            there.look()
            there.label_by(truth)
        there.sent()
        before = processes.standing(folder)
        for _ in range(5):
            there.take_back()
        there.sent()

    assert sum(map(len, before.values())) >= 3
    assert processes.standing(folder) == {"comic": set(), "no_comic": set()}
