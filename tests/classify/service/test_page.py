"""The page to try a model on: what its policy allows, what it says before and after a question."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from html.parser import HTMLParser

import aiohttp

from classify.service.page import POLICY, page
from classify.train import TrainResult

Serving = Callable[..., AbstractAsyncContextManager[aiohttp.ClientSession]]


class _Elements(HTMLParser):
    """Start tags with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in self.texts and self.cdata_elem:
            self.texts[self.tags[-1][0]].append(data)


def _allowed(directive: str) -> list[str]:
    found = re.search(rf"(?:^|; ){directive} ([^;]*)", POLICY)
    assert found is not None, directive
    return found[1].split()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


async def test_the_policy_allows_what_the_page_holds_and_nothing_else(serving: Serving) -> None:
    """Its script and style by their digests; no attribute is code or style, nothing is loaded."""
    async with serving() as client:
        reply = await client.get("/")
        found = _Elements(await reply.text())

    assert reply.headers["Content-Security-Policy"] == POLICY
    assert _allowed("default-src") == ["'none'"]
    for kind in ("script", "style"):
        assert _allowed(f"{kind}-src") == [_hash(text) for text in found.texts[kind]]
    names = {name for _, attributes in found.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"style", "src"}
    assert not any(tag in ("link", "iframe", "object", "embed", "base") for tag, _ in found.tags)


async def test_before_a_question_there_is_no_picture(serving: Serving) -> None:
    """Several may be asked about at once."""
    async with serving() as client:
        found = _Elements(await (await client.get("/")).text())

    files = [attributes for tag, attributes in found.tags if attributes.get("type") == "file"]
    assert "img" not in [tag for tag, _ in found.tags]
    assert ["multiple" in attributes for attributes in files] == [True]


async def test_the_page_tells_how_good_the_model_is(serving: Serving, trained: TrainResult) -> None:
    """The accuracy of its card, what that was measured on, and a link to all the rest."""
    tested = {"measured": {"accuracy": 0.5, "accuracy_on": "test"}}
    async with serving() as client:
        text = await (await client.get("/")).text()

    assert f"Accuracy {trained.accuracy:.1%}, on {trained.card['measured']['accuracy_on']}." in text
    assert "on the test part." in page("x", ["a"], tested)
    assert '<a href="/card">' in text


def test_a_model_without_a_card_has_a_page() -> None:
    """Nothing is claimed, and names are no markup."""
    text = page("<b>", ["<i>", "other"], None)
    strange = page("x", ["a"], {"measured": {"accuracy": "<b>"}})

    assert "<b>" not in text + strange
    assert "&lt;i&gt;" in text
    assert "/card" not in text
    assert "Accuracy" not in strange.partition("<body>")[2].partition("<script>")[0]
