"""A labelling page on a real port, with a sitting that is a plain list."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache, partial
from hashlib import sha256 as hash_of
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from PIL import Image

from curate.page.figures import Certificate, Estimate, Model, Offer, Overlooked, State
from curate.page.listening import listening
from curate.page.pictures import Pictures
from curate.page.security import Key
from curate.page.server import Page, Title, find_in
from curate.page.values import Grid, Receipt, Review, Shown, Stack
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder

LABELS = ("comic", "no_comic")
TOKEN = "t" * 43


@dataclass
class Listed:
    """A sitting held in memory: pictures in their order, steps as a list. `sure` go to pages."""

    pictures: list[str]
    sure: set[str] = field(default_factory=set)
    said: dict[str, str] = field(default_factory=dict)
    steps: list[dict[str, str | None]] = field(default_factory=list)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    taken: list[object] = field(default_factory=list)
    planted: str = ""
    left: list[str] = field(default_factory=list)

    def state(self) -> State:
        done = len(self.said)
        return State(
            LABELS, ("f", "j"), done, len(self.pictures) - done, 0, 0,
            {label: list(self.said.values()).count(label) for label in LABELS},
            30.0, 60.0, len(self.steps), Estimate(0, 0, None, 0.0, 1.0, None, 0.0, 0.95),
            Overlooked(0, 0, 0.0, 1.0, 0, 0.0),
            Certificate("offered", 0.01, 0.95, 288, 0, 0, 7000, 1.0, 4.0),
            (Offer(0, 288, 4.0), Offer(1, 454, 6.3)),
            Model("ready" if self.sure else "none", sure=len(self.sure - self.said.keys())),
        )  # fmt: skip

    def give_up_pages(self, tab: str) -> None:
        self.sure.clear()

    def hear(self, tab: str, *, leaving: bool = False) -> None:
        if leaving:
            self.left.append(tab)

    def next_single(self, tab: str, count: int) -> list[Shown]:
        left = [s for s in self.pictures if s not in self.said and s not in self.sure]
        return [Shown(f"look-{s[:8]}", Stack(s, (s,))) for s in left[:count]]

    def next_grid(self, tab: str, tiles: int, after: str = "") -> Grid | None:
        if after:
            return None
        left = [s for s in self.pictures if s in self.sure and s not in self.said][:tiles]
        stacks = tuple(Stack(s, (s,)) for s in left)
        return Grid(f"page-{left[0][:8]}", "comic", stacks, 0.2, "no_comic") if left else None

    def answer(self, answer) -> Receipt:
        self.taken.append(answer)
        names = {f"look-{s[:8]}": s for s in self.pictures}
        if answer.shown not in names:
            raise UsageError(f"{answer.shown!r} was never shown")
        label = answer.label if answer.choice == "label" else answer.choice
        return self._step(answer.client, {names[answer.shown]: label}, "single")

    def confirm(self, answer) -> Receipt:
        self.taken.append(answer)
        other = {"wrong": "no_comic", "junk": "junk"}
        said = {s: other[answer.marks[s]] if s in answer.marks else "comic" for s in answer.seen}
        missed = () if self.planted in answer.marks or not self.planted else (self.planted,)
        return self._step(answer.client, said, "grid", missed)

    def _step(self, client, said, kind, missed=()) -> Receipt:
        if client not in self.receipts:
            self.steps.append({s: self.said.get(s) for s in said})
            self.said |= said
            self.receipts[client] = Receipt(
                client, len(self.steps), kind, pictures=len(said),
                missed=missed, planted=1 if self.planted else 0,
            )  # fmt: skip
        return self.receipts[client]

    def undo(self, tab: str, client_id: str) -> Receipt:
        if client_id not in self.receipts:
            before = self.steps.pop() if self.steps else {}
            for sha256, label in before.items():
                self.said.pop(sha256)
                if label is not None:
                    self.said[sha256] = label
            self.receipts[client_id] = Receipt(
                client_id, len(self.steps), "undo", undone=1 if before else 0, back=tuple(before)
            )
        return self.receipts[client_id]

    def catch_up(self) -> bool:
        return False

    def review(self) -> list[Review]:
        return [
            Review("likely error", Stack(s, (s,)), label, "comic", 0.97, "")
            for s, label in self.said.items()
            if label == "no_comic"
        ]

    def decide(self, answer) -> Receipt:
        self.taken.append(answer)
        return self._step(answer.client, {answer.sha256: answer.label or answer.choice}, "review")

    def certify(self, allowed=0) -> Certificate:
        return self.state().certificate


@cache
def draw(seed: int, size: tuple[int, int] = (400, 300)) -> bytes:
    """A JPEG of coloured noise."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (4, 5, 3), dtype=np.uint8))
    out = io.BytesIO()
    coarse.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    """A data set's folder."""
    return DatasetFolder.create(tmp_path / "comics")


@pytest.fixture
def pictures(folder: DatasetFolder) -> list[str]:
    """The sha256 of forty pictures in `raw/`."""
    every = []
    for seed in range(40):
        data = draw(seed)
        every.append(hash_of(data).hexdigest())
        path = folder.raw_path(every[-1], "jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return every


@pytest.fixture
def serve(folder, listed):
    """`served`, for tests that need a server that goes and comes."""
    return partial(served, folder, listed)


@pytest.fixture
def listed(pictures):
    """The sitting of the server that runs."""
    return Listed(pictures)


@pytest.fixture
async def key(folder, listed):
    """The key of a running server."""
    pictures = Pictures(find_in(folder), folder.reports / "page-pictures")
    page = Page(lambda: nullcontext(listed), pictures, Title("comics", "ada"))
    async with listening(page, Key(TOKEN, 0)) as bound:
        yield bound


@pytest.fixture
async def browser(key):
    """A client that holds the token's cookie, as the page's own does."""
    jar = aiohttp.CookieJar(unsafe=True)
    base = f"http://127.0.0.1:{key.port}"
    async with aiohttp.ClientSession(base, cookie_jar=jar) as session:
        async with session.get(key.address) as answer:
            assert answer.status == 200
        yield session


def load(name: str):
    """A module beside this file."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def processes():
    """The module `processes.py`."""
    return load("processes")


@pytest.fixture(scope="session")
def persons():
    """The module `persons.py`; skips, aloud, where there is no browser."""
    pytest.importorskip("selenium", reason="no selenium: install the extra `test`")
    module = load("persons")
    if not (module.BROWSER and module.DRIVER):
        pytest.skip("no browser: install chromium and chromium-driver")
    return module


@pytest.fixture(scope="session")
def chromium(persons):
    """A headless Chromium."""
    driver = persons.open_browser()
    yield driver
    driver.quit()


@pytest.fixture
def person(persons, chromium):
    """Opens the page in the browser, and sits down at it; further tabs are closed in the end."""
    first = chromium.current_window_handle
    yield lambda address, **how: persons.Person(chromium, address, **how)
    for tab in chromium.window_handles:
        if tab != first:
            chromium.switch_to.window(tab)
            chromium.close()
    chromium.switch_to.window(first)
    persons.set_window(chromium)


@contextmanager
def served(
    folder: DatasetFolder, listed: Listed, port: int = 0, name: str = "comics"
) -> Iterator[Key]:
    """The page on 127.0.0.1 in a thread of its own, until the block ends."""
    begun, bound = threading.Event(), []
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def run() -> None:
        pictures = Pictures(find_in(folder), folder.reports / "page-pictures")
        page = Page(lambda: nullcontext(listed), pictures, Title(name, "ada"))
        async with listening(page, Key(TOKEN, port)) as key:
            bound.append(key)
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
