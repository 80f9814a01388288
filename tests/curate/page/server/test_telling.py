"""What the page tells in a real browser: at the end, in the head, of copies, of hasty keys."""

from __future__ import annotations

from dataclasses import replace

from curate.page.figures import Estimate
from curate.page.values import Shown, Stack

DOWN, ESCAPE = "\ue015", "\ue00c"


def test_all_sorted_says_what_comes_next(person, serve, listed):
    """At the end the next steps are named, and the last answer can still be taken back."""
    del listed.pictures[2:]
    with serve() as key:
        there = person(key.address)
        there.label("f")
        there.label("f")
        there.wait(lambda: there.text("message-title") == "All sorted")
        steps, footer = there.text("message-next"), there.text("actions")
        there.driver.find_element("css selector", "#actions button").click()
        there.sees(listed.pictures[1])

    for step in ("winnow curate report DIR", "winnow curate build DIR", "Review", "Quality"):
        assert step in steps
    assert footer == "UndoZ"
    assert list(listed.said) == listed.pictures[:1]


def test_a_hasty_answer_is_told(person, serve, listed):
    """What the server takes for no look is said on the page and aloud, and not the label."""
    answer = listed.answer
    note = "too fast: will be asked again"
    listed.answer = lambda given: replace(answer(given), note=note)
    with serve() as key:
        there = person(key.address)
        there.label("f")
        there.sent()
        there.wait(lambda: there.text("live"))
        told, aloud = there.text("notice"), there.text("live")
        listed.answer = answer
        there.label("f")
        there.sent()
        calm = there.text("live")

    assert (told, aloud, calm) == (note, note, "comic")


def test_the_head_tells_a_bound(person, serve, listed):
    """How many labels are right is told by the lower end of the interval, rounded down."""
    state = listed.state
    good = Estimate(217, 0, 1.0, 0.9876, 1.0, 0.0, 5.0, 0.95)
    listed.state = lambda: replace(state(), estimate=good)
    with serve() as key:
        there = person(key.address)
        there.sees()
        there.driver.find_element("id", "to-quality").click()
        head, body = there.text("figures"), there.text("quality-body")

    assert "at least 98 % right" in head and "100 %" not in head
    assert "98.8 % to 100.0 %" in body and "0 of 217 blind looks said otherwise" in body


def test_review_begins_at_the_top(person, serve, listed):
    """Who comes back to the list finds its first row selected, wherever it was left."""
    with serve() as key:
        there = person(key.address)
        for _ in range(4):
            there.label("j")
        there.sent()
        to_review = there.driver.find_element("id", "to-review")
        to_review.click()
        there.wait(lambda: there.data("reviewed") == listed.pictures[0])
        there.press(DOWN, DOWN)
        there.wait(lambda: there.data("reviewed") == listed.pictures[2])
        there.driver.find_element("id", "to-single").click()
        there.sees()
        to_review.click()
        there.wait(lambda: there.data("reviewed") == listed.pictures[0])
        chosen = there.driver.execute_script(
            "return [...document.querySelectorAll('.row')].map((n) => n.ariaSelected)"
        )

    assert chosen == ["true", "false", "false", "false"]


def test_copies_are_called_what_they_are(person, serve, listed):
    """A copy set aside is no variant; of a picture without any O says so."""
    shown, aside, kin = listed.pictures[:3]
    stack = Stack(shown, (shown,), (aside,), (kin,))
    plain = listed.next_single

    def ahead(tab, count):
        return [
            Shown(one.shown, stack if one.stack.sha256 == shown else one.stack)
            for one in plain(tab, count)
        ]

    listed.next_single = ahead
    with serve() as key:
        there = person(key.address)
        there.sees(shown)
        words = there.text("stack")
        there.press("o")
        there.wait(lambda: there.driver.find_element("id", "opened").is_displayed())
        title = there.text("opened-title")
        captions = there.driver.execute_script(
            "return [...document.querySelectorAll('#opened figcaption')].map((n) => n.textContent)"
        )
        there.press(ESCAPE)
        there.label("f")
        there.sees()
        there.press("o")
        there.wait(lambda: there.text("notice"))
        told = there.text("notice")

    assert words == "1 copy set aside, 1 variantO" and title == "1 copy set aside, 1 variant"
    assert captions == ["this picture", "copy, set aside", "variant: a label of its own"]
    assert told == "One picture, no copies"
