"""The ladder of one picture's addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvest.download.fetch import Downloader
from harvest.download.limits import Limits
from harvest.guard.session import Outside, open_session
from harvest.ledger.records import Sighting, Status
from harvest.pacing.gates import Pacing
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

PLACE = "http://pictures.example/faults"


@pytest.fixture
async def downloader(tmp_path: Path, still):
    """A downloader whose world is the sandbox."""
    async with (
        Sandbox(World.build(pictures=1)) as sandbox,
        open_session(Outside({"http://pictures.example": sandbox.url})) as session,
    ):
        yield Downloader(session, Pacing(clock=still.clock), tmp_path, Limits())


def ladder(*names: str) -> Sighting:
    *best, listed = (f"{PLACE}/{name}" for name in names)
    return Sighting("twitter", "1", 0, listed, best_urls=tuple(best))


@pytest.mark.parametrize("first", ["404", "403", "html-as-jpeg.jpg", "redirect-to-private"])
async def test_next_rung(downloader: Downloader, first: str) -> None:
    """When a size is not to be had, the next one is asked for, and recorded."""
    fetched = await downloader.fetch(downloader.errand(ladder(first, "good.jpg")))

    assert fetched.ending.status is Status.SAVED
    assert fetched.ending.final_url == f"{PLACE}/good.jpg"
    assert fetched.ending.content is not None


async def test_best_first(downloader: Downloader) -> None:
    """When the best size is there, no other one is asked for."""
    fetched = await downloader.fetch(downloader.errand(ladder("good.jpg", "png-as.jpg")))

    assert fetched.attempts == 1
    assert fetched.ending.content is not None
    assert fetched.ending.content.media_type == "image/jpeg"


async def test_one_budget(downloader: Downloader) -> None:
    """Retries are counted over the whole ladder: a broken server is not asked four times a rung."""
    fetched = await downloader.fetch(downloader.errand(ladder("500", "502", "503")))

    assert fetched.ending.status is Status.FAILED
    assert fetched.attempts == 4 + 1 + 1


async def test_all_gone(downloader: Downloader) -> None:
    """Gone on every rung is gone; refused on one of them is refused."""
    gone = await downloader.fetch(downloader.errand(ladder("404", "410")))
    refused = await downloader.fetch(downloader.errand(ladder("403", "404")))

    assert (gone.ending.status, gone.ending.reason) == (Status.GONE, "http_404")
    assert (refused.ending.status, refused.ending.reason) == (Status.REFUSED, "http_403")


async def test_opt_out_is_final(downloader: Downloader) -> None:
    """Who forbids one size has forbidden the picture."""
    fetched = await downloader.fetch(downloader.errand(ladder("noai.jpg", "good.jpg")))

    assert (fetched.ending.reason, fetched.attempts) == ("opt_out", 1)
