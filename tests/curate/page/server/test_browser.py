"""The page in a real browser: keys, pages, reloads, a server that goes and comes."""

from __future__ import annotations

import pytest

RIGHT, DOWN, ENTER, ESCAPE, BACKSPACE = "\ue014", "\ue015", "\ue007", "\ue00c", "\ue003"


def test_keys_label_what_is_in_view(person, serve, listed):
    """Each key labels the picture that was in view, and nothing is complained of."""
    with serve() as key:
        there = person(key.address)
        keys = ["f", "j", "F", "j", "j", "f"] * 3
        seen = [there.label(key) for key in keys]
        there.sent()
        complaints = there.complaints()

    assert seen == listed.pictures[: len(keys)]
    assert list(listed.said.values()) == [
        {"f": "comic", "j": "no_comic"}[key.lower()] for key in keys
    ]
    assert all(answer.ms >= 0 and answer.tab for answer in listed.taken)
    assert complaints == []


FRAMES = """
window.frames_seen = new Set();
(function look() {
  const img = document.querySelector("#stage img");
  if (img && img.complete && img.naturalWidth) window.frames_seen.add(img.src.split("/").pop());
  requestAnimationFrame(look);
})();
"""


def test_fast_keys_never_label_what_was_not_painted(chromium, person, persons, serve, listed):
    """Twenty presses a second on a slow line: what is labelled stood in a frame before its key."""
    with serve() as key:
        there = person(key.address)
        there.sees()
        chromium.execute_script(FRAMES)
        slow = {"offline": False, "latency": 120, "downloadThroughput": -1, "uploadThroughput": -1}
        chromium.execute_cdp_cmd("Network.enable", {})
        chromium.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
        presses = persons.ActionChains(chromium, duration=0)
        for _ in range(60):
            presses = presses.send_keys("f").pause(0.05)
        presses.perform()
        painted = set(chromium.execute_script("return [...window.frames_seen]"))
        ignored, told = int(there.data("ignored")), there.text("notice")
        chromium.execute_cdp_cmd("Network.emulateNetworkConditions", slow | {"latency": 0})
        chromium.execute_cdp_cmd("Network.disable", {})
        there.sent()

    assert 5 <= len(listed.said) == 60 - ignored < 60
    assert told.startswith("Not counted")
    assert listed.said.keys() <= painted
    assert [a.shown for a in listed.taken] == [f"look-{s[:8]}" for s in listed.said]


def test_a_held_key_counts_once(chromium, person, serve, listed):
    """What the keyboard repeats while a key is held is no answer."""
    with serve() as key:
        there = person(key.address)
        first = there.sees()
        for repeat in (False, True, True, True):
            chromium.execute_cdp_cmd(
                "Input.dispatchKeyEvent",
                {"type": "keyDown", "key": "f", "code": "KeyF", "autoRepeat": repeat},
            )
            there.wait(lambda: there.data("picture") != first)
            there.sees()
        there.sent()

    assert list(listed.said) == [first]


def test_undo_has_no_end(person, serve, listed):
    """As many steps as were made are taken back, by Z and Backspace, the last one first."""
    with serve() as key:
        there = person(key.address)
        for _ in range(10):
            there.label("f")
        for step in range(10):
            there.press("z" if step % 2 else BACKSPACE)
            there.sees(listed.pictures[9 - step])
        left = dict(listed.said)

    assert left == {}


def test_a_reload_goes_on(chromium, person, serve, listed):
    """After a reload the next picture is the one after the last answer."""
    with serve() as key:
        there = person(key.address)
        for _ in range(5):
            there.label("j")
        chromium.refresh()
        there = there.sees()

    assert there == listed.pictures[5]
    assert len(listed.said) == 5


def test_answers_wait_for_the_server(person, serve, listed):
    """While the server is away answers stand in a visible outbox; back again, it gets each once."""
    with serve() as key:
        there = person(key.address)
        there.label("f")
        there.sent()
    seen = [there.label("j") for _ in range(4)]
    told = there.text("outbox")
    waiting = dict(listed.said)
    with serve(port=key.port):
        there.sent()
        there.label("f")
        there.sent()

    assert "4 not sent yet" in told
    assert len(waiting) == 1
    assert list(listed.said) == listed.pictures[:6]
    assert [listed.said[s] for s in seen] == ["no_comic"] * 4
    assert len(listed.steps) == 6


def test_a_reload_takes_the_outbox_along(chromium, person, serve, listed):
    """Answers that were not sent outlive a reload of the page."""
    with serve() as key:
        there = person(key.address)
        there.label("f")
        there.sent()
    there.label("j")
    with serve(port=key.port):
        chromium.refresh()
        there.sees(listed.pictures[2])

    assert list(listed.said.values()) == ["comic", "no_comic"]


def test_a_page_is_marked_and_confirmed(chromium, person, serve, listed):
    """Arrows, Space, X and a click mark; Enter is inert at first; unmarked tiles get the label."""
    listed.sure = set(listed.pictures)
    with serve() as key:
        there = person(key.address)
        there.wait(lambda: there.data("page"))
        there.press(ENTER)
        early = len(listed.steps)
        there.press(RIGHT, " ", RIGHT, "x", DOWN, " ", " ")
        chromium.find_elements("css selector", ".tile")[4].click()
        words = there.text("confirm")
        there.ready()
        there.press(ENTER)
        there.wait(lambda: listed.steps)
        answer = listed.taken[0]
        there.wait(lambda: there.text("message-title") == "All sorted")
        there.press("z")
        there.wait(lambda: there.data("page"))

    assert early == 0
    assert words.startswith("37 comic, 2 no_comic, 1 junk")
    assert dict(answer.marks) == {
        listed.pictures[1]: "wrong", listed.pictures[2]: "junk", listed.pictures[4]: "wrong"
    }  # fmt: skip
    assert set(answer.seen) == set(listed.pictures)
    assert answer.ms >= 1000
    assert listed.said == {}


def test_a_missed_planted_tile_is_told_at_once(chromium, person, serve, listed):
    """Who overlooks a planted tile sees it before the next page."""
    listed.sure = set(listed.pictures)
    listed.planted = listed.pictures[3]
    with serve() as key:
        there = person(key.address)
        there.wait(lambda: there.data("page"))
        there.ready()
        there.press(ENTER)
        there.wait(lambda: chromium.find_element("id", "missed").is_displayed())
        title = there.text("missed-title")
        shown = chromium.find_element("css selector", "#missed img").get_attribute("src")

    assert title == "1 planted picture overlooked"
    assert shown.endswith(listed.planted)


def test_letters_can_be_switched_off(chromium, person, serve, listed):
    """With single-letter keys off, letters do nothing and the buttons still work."""
    with serve() as key:
        there = person(key.address)
        first = there.sees()
        chromium.find_element("id", "to-help").click()
        chromium.find_element("id", "letters").click()
        there.press(ESCAPE)
        there.press("f", "j", "x")
        silent = len(listed.taken)
        chromium.find_element("css selector", "#actions .label").click()
        there.wait(lambda: there.data("picture") != first)
        chromium.execute_script("localStorage.clear()")
        there.sent()

    assert silent == 0
    assert listed.said == {first: "comic"}


def test_names_are_text_only(chromium, person, serve):
    """A script in a name is shown as it is written, and never runs."""
    name = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    with serve(name=name) as key:
        there = person(key.address)
        there.sees()
        title, shown = chromium.title, there.text("dataset")

    assert title == f"{name} · winnow"
    assert shown == name


@pytest.mark.parametrize("size", [(320, 640), (360, 740), (768, 1024), (1920, 1080)])
def test_it_fits_any_window(chromium, person, serve, listed, size):
    """Nothing overflows, buttons can be hit with a thumb, no tile is out of view."""
    listed.sure = set(listed.pictures)
    width, height = size
    with serve() as key:
        there = person(key.address, mobile=width < 500, width=width, height=height)
        there.wait(lambda: there.data("page"))
        across, low, tiles, buttons = chromium.execute_script(
            "const at = (s) => [...document.querySelectorAll(s)].map((n) =>"
            " n.getBoundingClientRect());"
            "return [document.documentElement.scrollWidth,"
            " Math.max(...at('.tile').map((r) => r.bottom)), at('.tile').length,"
            " at('#actions button').map((r) => Math.min(r.width, r.height))]"
        )
        words = there.text("confirm")

    assert across <= width and low <= height
    assert tiles >= 6 and words.startswith(f"{tiles} comic")
    assert min(buttons) >= 44
