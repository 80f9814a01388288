"""Tabs that are closed or loaded anew, and what becomes of the pictures that they had."""

from __future__ import annotations

import pytest


@pytest.fixture
def data(make, draw):
    """Five pictures: one tab holds them all."""
    for seed in range(5):
        make.add(draw.encode(draw.photo(seed, (64, 48))))
    return make.folder


def test_a_closed_tab_leaves_its_pictures_to_the_others(processes, data, person):
    """The other tab, which had nothing to show, goes on by itself when the first is closed."""
    with processes.command(data) as (_, address):
        first = person(address)
        first.sees()
        holder = person(address, new_tab=True)
        holder.wait(lambda: holder.text("message-title") == "Nothing to show just now")
        first.front()
        first.driver.get("about:blank")
        holder.front()
        holder.look()
        shown = holder.label("f")
        holder.sent()
        after = processes.standing(data)

    assert after["comic"] == {shown[:8]}


def test_a_reload_keeps_the_pictures_of_the_tab(processes, data, person):
    """A tab that is loaded anew shows what it showed."""
    with processes.command(data) as (_, address):
        there = person(address)
        there.look()
        there.label("f")
        before = there.sees()
        there.sent()
        there.driver.refresh()
        again = there.sees()

    assert again == before


def test_a_closing_tab_says_so(person, serve, listed):
    """Word of the closing reaches the server, though nobody waits for it."""
    with serve() as key:
        there = person(key.address)
        there.sees()
        there.driver.get("about:blank")
        there.wait(lambda: listed.left)

    assert len(listed.left) == 1
