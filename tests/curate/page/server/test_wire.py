"""What the page says reaches the engine, and what the engine says reaches the page."""

from __future__ import annotations

import pytest

from curate.page.values import Answer


@pytest.fixture
async def say(browser, key):
    """Posts as the page does; gives the status and what was answered."""

    async def post(path, **body):
        origin = {"Origin": f"http://127.0.0.1:{key.port}"}
        async with browser.post(path, json=body, headers=origin) as answer:
            return answer.status, await answer.json()

    return post


async def test_an_answer_brings_the_next_pictures(say, listed):
    """One request tells what was answered, how all stands and what comes next."""
    body = {"client": "1", "tab": "t", "shown": f"look-{listed.pictures[0][:8]}"}
    status, said = await say("/answer", **body, choice="label", label="comic", ms=700, count=3)

    assert status == 200
    assert listed.taken == [Answer("1", "t", body["shown"], "label", "comic", 700)]
    assert said["receipt"]["step"] == 1 and said["state"]["done"] == 1
    assert [one["stack"]["sha256"] for one in said["ahead"]] == listed.pictures[1:4]


async def test_a_repeat_changes_nothing(say, listed):
    """The same answer sent twice, as after a lost reply, is one step with one receipt."""
    body = {"client": "1", "tab": "t", "shown": f"look-{listed.pictures[0][:8]}"}
    first = await say("/answer", **body, choice="skip")
    second = await say("/answer", **body, choice="skip")

    assert first[1]["receipt"] == second[1]["receipt"]
    assert len(listed.steps) == 1


async def test_what_was_never_shown_is_a_conflict(say, listed):
    """An answer that fits nothing is refused with a line for people, and changes nothing."""
    status, said = await say("/answer", client="1", tab="t", shown="other", choice="junk")

    assert (status, said["error"]) == (409, "stale")
    assert listed.said == {}


async def test_a_page_travels_whole(say, listed):
    """Tiles seen and marks arrive as they were, and undo leads back."""
    listed.sure = set(listed.pictures)
    _, told = await say("/grid", tab="t", tiles=6)
    tiles = [tile["sha256"] for tile in told["grid"]["tiles"]]
    marks = {tiles[0]: "wrong", tiles[1]: "junk"}
    page = told["grid"]["page"]
    _, said = await say("/confirm", client="1", tab="t", page=page, seen=tiles[:5], marks=marks)
    answer = listed.taken[0]
    _, undone = await say("/undo", client="2", tab="t")

    assert tiles == listed.pictures[:6]
    assert answer.seen == tuple(tiles[:5]) and answer.marks == marks
    assert said["receipt"]["pictures"] == 5
    assert undone["receipt"]["back"] == tiles[:5] and listed.said == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"marks": {"../../etc/passwd": "wrong"}},
        {"marks": {"0" * 64: "delete"}},
        {"seen": ["<script>"]},
        {"seen": ["0" * 64] * 61},
        {"ms": -1},
        {"ms": 1.5},
        {"client": "two\nlines"},
        {"page": None},
    ],
)
async def test_strange_pages_are_refused(say, listed, wrong):
    """Ids that are none, marks that nobody offers and times that cannot be reach no engine."""
    body = {"client": "1", "tab": "t", "page": "p", "seen": []} | wrong
    status, _ = await say("/confirm", **body)

    assert status == 400
    assert listed.taken == []


async def test_the_page_learns_whose_it_is(browser):
    """The first question is answered with the data set, the person and how all stands."""
    async with browser.get("/state") as answer:
        said = await answer.json()

    assert (said["dataset"], said["who"]) == ("comics", "ada")
    assert said["state"]["keys"] == ["f", "j"]
