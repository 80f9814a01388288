"""What was begun and not finished: an answer half written, one not sent, figures not known yet."""

from __future__ import annotations

import errno
from dataclasses import replace

from curate.page.figures import Estimate


async def test_the_engine_looks_again_after_a_full_disk(browser, key, listed):
    """After an answer that the disk refused all is read anew, once, before the next is taken."""
    looks, taken, faults = [], listed.answer, [OSError(errno.ENOSPC, "full", "x")]

    def answer(said):
        if faults:
            raise faults.pop()
        return taken(said)

    listed.answer = answer
    listed.look_again = lambda: looks.append(len(listed.steps))
    shown = f"look-{listed.pictures[0][:8]}"
    body = {"client": "c", "tab": "t", "shown": shown, "choice": "junk", "label": "", "ms": 900}
    own = {"Origin": f"http://127.0.0.1:{key.port}"}
    told = []
    for client in ("c", "c", "d"):
        async with browser.post("/answer", json=body | {"client": client}, headers=own) as said:
            told.append(said.status)

    assert told == [503, 200, 200]
    assert looks == [0]


def test_what_is_not_sent_goes_out_with_the_closing(person, serve, listed):
    """An answer that is still on its way when the tab is closed arrives all the same."""
    with serve() as key:
        there = person(key.address)
        first = there.sees()
        there.driver.execute_script("window.fetch = () => new Promise(() => {})")
        there.press("f")
        there.wait(lambda: there.data("unsent") == "1")
        before = dict(listed.said)
        there.driver.get("about:blank")
        there.wait(lambda: listed.said)

    assert before == {}
    assert listed.said == {first: "comic"}


def test_an_accuracy_that_is_not_known_is_no_figure(person, serve, listed):
    """After too few blind looks only the interval is told, and nothing in the head."""
    state = listed.state
    few = Estimate(5, 0, None, 0.5, 1.0, None, 20.0, 0.95)
    listed.state = lambda: replace(state(), estimate=few)
    with serve() as key:
        there = person(key.address)
        there.sees()
        there.driver.find_element("id", "to-quality").click()
        head, body = there.text("figures"), there.text("quality-body")

    assert "right" not in head
    assert "too few looks yet" in body and "between 50.0 % and 100.0 %" in body
