"""The model that learns along comes once somebody looks at the page: pictures come first."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing, contextmanager

import aiohttp
import pytest

from curate.page import server
from curate.page.listening import listening
from curate.page.pictures import Pictures
from curate.page.security import Key
from curate.page.server import Page, Title, find_in
from curate.page.sitting import Sitting
from curate.page.values import PageSettings
from curate.store.schema import open_store


@pytest.fixture
def open_page(colours, tmp_path, monkeypatch):
    """A page over twelve pictures whose model `bring` makes, at once when somebody looks."""
    monkeypatch.setattr(server, "_FIRST_S", 0.0)
    data = colours.make_coloured(tmp_path / "strips", 12)

    @contextmanager
    def sit():
        with (
            open_store(data.folder) as catalog,
            closing(
                Sitting(data.folder, catalog, PageSettings(data.labels), None, time.time, "ada")
            ) as one,
        ):
            yield one

    def make(bring):
        pictures = Pictures(find_in(data.folder), data.folder.reports / "page-pictures")
        return Page(sit, pictures, Title("strips", "ada"), bring)

    return make


async def states(page, until):
    """What the page says of its model until it says `until`, each once; pictures it is to know."""
    said = []
    async with listening(page, Key("t" * 43, 0)) as key:
        jar = aiohttp.CookieJar(unsafe=True)
        base = f"http://127.0.0.1:{key.port}"
        async with aiohttp.ClientSession(base, cookie_jar=jar) as session, asyncio.timeout(20):
            async with session.get(key.address):
                pass
            while until not in said:
                async with session.get("/state") as answer:
                    model = (await answer.json())["state"]["model"]
                if model["state"] not in said:
                    said.append(model["state"])
    return said, model["of"]


async def test_a_model_comes_when_somebody_looks(open_page, colours):
    """Until somebody looks none is made; then one is announced, and knows the pictures."""
    made = []

    def bring():
        made.append(colours.MeanColour())
        return made[-1]

    async with listening(open_page(bring), Key("t" * 43, 0)):
        before = list(made)
    said, of = await states(open_page(bring), "waiting")

    assert before == [] and len(made) == 1
    assert said == ["embedding", "waiting"]
    assert of == 12


async def test_none_that_comes_is_told(open_page):
    """Where classify's packages are missing the page says that there is no model."""
    said, _ = await states(open_page(lambda: None), "none")

    assert said == ["embedding", "none"]
