"""What a person sees and says in a real browser: review, pairs, certificate, stacks, access."""

from __future__ import annotations

import asyncio
import shutil
import threading
from contextlib import closing, contextmanager

import pytest

from curate.page.listening import listening
from curate.page.pictures import Pictures
from curate.page.security import Key
from curate.page.server import Page, Title, find_in
from curate.page.sitting import Sitting
from curate.page.values import PageSettings
from curate.same import PROOF_VERSION
from curate.store.likeness import read_apart
from curate.store.opinions import Pair, save_pairs
from curate.store.schema import open_store

DOWN, ENTER, ESCAPE, TAB = "\ue015", "\ue007", "\ue00c", "\ue004"


@pytest.fixture
def data(tmp_path, colours):
    """Twelve unsorted pictures of two labels."""
    return colours.make_coloured(tmp_path / "strips", 12)


@pytest.fixture
def truth(data):
    """sha256 -> the key that is right."""
    return {sha256: "f" if label == "comic" else "j" for sha256, label in data.truth.items()}


@contextmanager
def sat(data, colours, model=None, **settings):
    """A sitting with its page on 127.0.0.1, in a thread of its own; gives the address."""
    loop, begun, bound, over = asyncio.new_event_loop(), threading.Event(), [], asyncio.Event()

    @contextmanager
    def sit():
        chosen = PageSettings(data.labels, **{"audit": 0, "fastest_ms": 0} | settings)
        with (
            open_store(data.folder) as catalog,
            closing(Sitting(data.folder, catalog, chosen, model, colours.Clock(), "ada")) as one,
        ):
            yield one

    async def run() -> None:
        pictures = Pictures(find_in(data.folder), data.folder.reports / "page-pictures")
        async with listening(Page(sit, pictures, Title("strips", "ada")), Key("t" * 43, 0)) as key:
            bound.append(key.address)
            begun.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert begun.wait(20)
        yield bound[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def by(there, css: str) -> str:
    """The words of all elements that fit."""
    return there.driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((n) => n.textContent).join('|')",
        css,
    )


def sort(there, truth, wrong=()) -> None:
    """Sorts all by keys, some of them wrongly."""
    there.sees()
    while there.data("mode") == "single":
        sha256 = there.data("picture")
        there.label({"f": "j", "j": "f"}[truth[sha256]] if sha256 in wrong else truth[sha256])
    there.sent()


def test_skip_junk_and_undo_end_in_the_folders(data, truth, colours, person) -> None:
    """Skipped pictures come last, junk is set aside, and an undo brings both back."""
    with sat(data, colours) as address:
        there = person(address)
        skipped, junk = there.label(" "), there.label("x")
        aside = data.tree()
        there.take_back()
        there.take_back()
        there.sees(skipped)
        back = data.tree()

    assert aside["_rejected/junk"] == {junk}
    assert skipped in aside["_unsorted"]
    assert back == {"_unsorted": set(truth)}


def test_conflicts_are_settled_by_a_key(data, truth, colours, person) -> None:
    """A row of the list tells its reason and takes a label by its key."""
    with sat(data, colours) as address:
        sort(person(address), truth)
    sha256 = next(iter(truth))
    file = next(data.folder.images.glob(f"*/*_{sha256[:8]}.png"))
    other = "photo" if data.truth[sha256] == "comic" else "comic"
    shutil.copyfile(file, data.folder.images / other / file.name)
    with sat(data, colours) as address:
        there = person(address)
        there.wait(lambda: there.data("mode") == "message")
        there.driver.find_element("id", "to-review").click()
        there.wait(lambda: there.data("reviewed"))
        reasons = by(there, ".row .reason")
        there.press(truth[sha256])
        there.sent()

    assert reasons == "conflict"
    assert {s: f for f, some in data.tree().items() for s in some} == data.truth


@pytest.mark.parametrize("key", ["s", "v", "n"])
def test_pairs_are_told_by_key(data, truth, colours, person, key) -> None:
    """Same, variant and not a match end in folders and catalog; B flickers, C looks close."""
    a, b = sorted(truth)[:2]
    colours.tie(data.folder, a, [], [b])
    with open_store(data.folder) as catalog:
        pair = Pair(a, b, 3, 9, 14.5, "unsure", "resized", (100, 200, 250, 250))
        save_pairs(catalog, [pair], PROOF_VERSION)
    with sat(data, colours) as address:
        there = person(address)
        there.sees()
        there.driver.find_element("id", "to-review").click()
        there.wait(lambda: there.data("reviewed"))
        boxes = there.driver.execute_script(
            "return [...document.querySelectorAll('.spot')].map((n) => n.style.left)"
        )
        stage = "return document.getElementById('review-stage').className"
        held = []
        for letter in ("b", "c"):
            there.hold(letter)
            held.append(there.driver.execute_script(stage))
            there.hold(letter, on=False)
        free = there.driver.execute_script(stage)
        there.press(key)
        there.sent()
        there.wait(lambda: not by(there, ".row"))
    with open_store(data.folder) as catalog:
        apart = set(read_apart(catalog))

    assert boxes == ["10%", "10%"]
    assert ["flicker" in held[0], "close" in held[1]] == [True, True]
    assert free == "stage pair"
    assert data.tree().get("_rejected/near_duplicate", set()) == ({b} if key == "s" else set())
    assert apart == (set() if key == "s" else {(a, b)})


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_certificate_tells_price_and_verdict(data, truth, colours, person, wrong) -> None:
    """The price stands on the button; after the looks the verdict is shown, given or not."""
    mistaken = sorted(truth)[:wrong]
    with sat(data, colours) as address:
        there = person(address)
        sort(there, truth, mistaken)
        there.driver.find_element("id", "to-quality").click()
        price, before = there.text("certify"), there.data("painted")
        there.driver.find_element("id", "certify").click()
        there.wait(lambda: there.data("painted") not in (None, before))
        looked = set()
        while there.data("mode") == "single":
            looked.add(there.label(truth[there.sees()]))
        there.sent()
        there.wait(lambda: there.driver.find_element("id", "quality").is_displayed())
        told = there.text("quality-body")

    assert price.startswith(f"None wrong: {len(looked)} looks, ")
    assert ("Not given: 1 of" in told) == bool(wrong)
    assert ("Given: 0 of" in told) == (not wrong)


def test_a_stack_can_be_opened(data, truth, colours, person) -> None:
    """O shows all pictures that one stands for, and those like it."""
    a, b, c = sorted(truth)[:3]
    colours.tie(data.folder, a, [b], [c])
    with sat(data, colours) as address:
        there = person(address)
        while there.sees() != a:
            there.label(" ")
        there.press("o")
        there.wait(lambda: there.driver.find_element("id", "opened").is_displayed())
        captions = by(there, "#opened figcaption")
        there.press(ESCAPE)
        there.label(truth[a])
        there.sent()

    assert captions == "this picture|copy, same label|variant: a label of its own"
    assert {a, b} <= data.tree()[data.truth[a]]
    assert c in data.tree()["_unsorted"]


def test_nothing_to_sort_is_said(colours, person, tmp_path) -> None:
    """An empty data set is not called sorted."""
    with sat(colours.make_coloured(tmp_path / "none", 0), colours) as address:
        there = person(address)
        there.wait(lambda: there.data("mode") == "message")
        title = there.text("message-title")

    assert title == "Nothing to sort"


def test_keys_reach_everything(data, truth, colours, person) -> None:
    """Tab and Enter alone sort; the review list is a list box with one row in the tab order."""
    with sat(data, colours) as address:
        there = person(address)
        there.label(" ")
        first = there.sees()
        names = []
        while not names or names[-1] not in data.labels:
            there.press(TAB)
            names.append(there.driver.execute_script(FOCUSED))
            assert len(names) < 20
        there.press(ENTER)
        there.wait(lambda: there.data("picture") != first)
        there.sent()
        said = there.text("live")
        there.driver.find_element("id", "to-review").click()
        there.wait(lambda: there.data("reviewed"))
        there.press(DOWN)
        rows = there.driver.execute_script(
            "return [...document.querySelectorAll('#rows[role=listbox] [role=option]')]"
            ".map((n) => [n.tabIndex, n.ariaSelected])"
        )

    assert names[0] == "To the pictures"
    assert first in data.tree()[said]
    assert rows == [[0, "true"]]


FOCUSED = (
    "const at = document.activeElement;"
    "return at.querySelector('span')?.textContent ?? at.textContent"
)


def test_pages_are_list_boxes_that_speak(colours, person, tmp_path) -> None:
    """One tile is in the tab order, marks are told by word, state and live region."""
    data = colours.make_coloured(tmp_path / "many", 60, noise=8.0)
    with sat(data, colours, colours.MeanColour()) as address:
        there = person(address, mobile=True, width=320, height=640)
        there.sees()
        while there.data("mode") == "single":
            there.label("f" if data.truth[there.sees()] == "comic" else "j")
        there.wait(lambda: there.data("page"))
        there.ready()
        box = there.driver.find_element("id", "tiles")
        there.driver.find_element("css selector", ".tile").click()
        marked = there.driver.execute_script(
            "return [...document.querySelectorAll('.tile')]"
            ".map((n) => [n.tabIndex, n.ariaSelected])"
        )
        label = there.driver.execute_script("return document.querySelector('.tile').ariaLabel")
        words, live = there.text("confirm"), there.text("live")

    assert box.get_attribute("role") == "listbox"
    assert marked[0] == [0, "true"]
    assert marked[1:] == [[-1, "false"]] * (len(marked) - 1)
    assert label.startswith("Picture 1, marked ")
    assert words.startswith(live)


def test_motion_can_be_reduced(data, colours, person) -> None:
    """Who wants no motion gets none."""
    with sat(data, colours) as address:
        there = person(address)
        there.sees()
        moving = "return getComputedStyle(document.querySelector('.progress i')).transitionDuration"
        usual = there.driver.execute_script(moving)
        wish = {"name": "prefers-reduced-motion", "value": "reduce"}
        there.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [wish]})
        reduced = there.driver.execute_script(moving)
        there.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    assert (usual, reduced) == ("0.3s", "0s")
