"""A source of one's own, as ARCHITECTURE.md tells it: written apart from winnow, and run by it."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from harvest.guard.session import Outside
from harvest.ledger.errors import (
    AccountError,
    CredentialsError,
    Outage,
    RateLimited,
    SettingsError,
    UsageError,
)
from harvest.ledger.own_words import own_words
from harvest.ledger.records import Status, Target
from harvest.ledger.settings import Secret, load_settings
from harvest.run.forget import forget
from harvest.run.job import Job
from harvest.run.keys import Keys
from harvest.sources.catalogue import SOURCES, source_named

ADA = Target("gallery", "ada")
PICTURES = 36
CONFIG = """
dataset: ./set
targets:
  - gallery: ada
    label_from: tag
labels: [comic, no_comic]
credentials: {gallery: {key: MY_GALLERY_KEY}}
endpoints: {"https://api.gallery.example": URL, "https://pictures.gallery.example": URL}
"""


@pytest.fixture
def stand_in(own_package: Path) -> Any:
    """The module of the stand-in."""
    return importlib.import_module("own_stand_in")


@pytest.fixture
def asked() -> list[str]:
    """Paths that were asked for."""
    return []


@pytest.fixture
async def url(stand_in: Any, asked: list[str]) -> AsyncIterator[str]:
    """The stand-in, fresh."""
    async with TestServer(stand_in.application(PICTURES, asked)) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
def job(tmp_path: Path, url: str, stand_in: Any, still) -> Job:
    """A job over the member, with everything that a run has."""
    return Job(
        dataset=tmp_path / "set",
        targets=(ADA,),
        keys={"gallery": Keys({"key": Secret(stand_in.KEY)}, {"key": "MY_GALLERY_KEY"})},
        outside=Outside(dict.fromkeys(source_named("gallery").origins, url)),
        clock=still.clock,
    )


def test_it_takes_under_120_lines() -> None:
    """The whole source, with its docstrings, errors, dates and text."""
    lines = (Path(__file__).parent / "own_source.py").read_text().splitlines()

    assert len(lines) < 120


async def test_a_whole_harvest(gather, job: Job) -> None:
    """Every picture of every page is saved, with all that its post told."""
    outcomes, summary = await gather(job)
    first = outcomes[0].sighting

    assert not summary.errors
    assert [o.status for o in outcomes] == [Status.SAVED] * PICTURES
    assert summary.total.saved == PICTURES
    assert len(list((job.dataset / "images/_unsorted").iterdir())) == PICTURES
    assert (first.author, first.alt_text) == ("ada", "a")
    assert first.text == f"number {first.post_id}"


@pytest.mark.parametrize("pages", range(1, 4))
async def test_ended_at_any_page_it_goes_on(
    gather, job: Job, asked: list[str], contents, *, pages: int
) -> None:
    """Two runs ask what one asks, and leave what one leaves; a third asks for the newest page."""
    await gather(replace(job, dataset=job.dataset.with_name("whole")))
    wanted = sorted(asked)
    asked.clear()
    await gather(replace(job, targets=(replace(ADA, max_images=10 * pages),)))
    await gather(job)
    both = sorted(asked)
    asked.clear()
    await gather(job)

    assert both == wanted
    assert contents(job.dataset) == contents(job.dataset.with_name("whole"))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("nobody", AccountError, "no such member"),
        ("busy", RateLimited, "run the same command again after"),
        ("html", Outage, "502"),
        ("../x", UsageError, "not a member's name"),
    ],
)
async def test_each_refusal_is_one_line(gather, job: Job, name: str, kind, words: str) -> None:
    """Its errors are winnow's own, with their exit codes."""
    _, summary = await gather(replace(job, targets=(Target("gallery", name),)))
    (error,) = summary.errors

    assert type(error) is kind
    assert str(error).startswith(f"gallery:{name}: ")
    assert words in str(error)


@pytest.mark.parametrize("key", ["", "stolen"])
async def test_a_key_that_will_not_do(gather, job: Job, key: str) -> None:
    """Missing or wrong: exit code 3, and its variable or page."""
    keys = {"gallery": Keys({"key": Secret(key)}, {"key": "MY_GALLERY_KEY"})}
    _, summary = await gather(replace(job, keys=keys))
    (error,) = summary.errors

    assert isinstance(error, CredentialsError)
    assert ("key is not accepted" if key else "MY_GALLERY_KEY") in str(error)


async def test_the_command_line_knows_its_word(
    own_package: Path, url: str, stand_in: Any, tmp_path: Path
) -> None:
    """Installed beside winnow, it needs no line of winnow changed: settings, keys, labels, logs."""
    (tmp_path / "c.yaml").write_text(CONFIG.replace("URL", f'"{url}"'))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "winnow", "harvest", "run", "c.yaml", "--json"),
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(own_package),
            "MY_GALLERY_KEY": stand_in.KEY,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    images = {p.name: len(list(p.iterdir())) for p in (tmp_path / "set/images").iterdir()}

    assert process.returncode == 0, err.decode()
    assert json.loads(out)["targets"]["gallery:ada"]["saved"] == PICTURES
    assert images == dict.fromkeys(("comic", "no_comic", "_unsorted"), PICTURES // 3)
    assert len((tmp_path / "set/urls/urls_gallery_ada.log").read_text().splitlines()) == PICTURES


async def test_its_accounts_can_be_forgotten(gather, job: Job) -> None:
    """`forget gallery:ada` takes everything out, and the next run asks for nothing of it."""
    await gather(job)
    done = forget(job.dataset, ["gallery:ada"])
    outcomes, summary = await gather(job)

    assert done.pictures == PICTURES
    assert not [path for path in (job.dataset / "raw").rglob("*") if path.is_file()]
    assert outcomes == []
    assert any("forgotten" in note for note in summary.notes)


def test_words_of_others_do_not_replace_ours(own_package: Path, tmp_path: Path) -> None:
    """A word that winnow has stays winnow's; a source that cannot be loaded is named."""
    told = own_package / "gallery_winnow-1.0.dist-info" / "entry_points.txt"
    told.write_text(
        "[winnow.sources]\ntwitter = own_source:Gallery\nlabel = own_source:Gallery\n"
        "torn = own_source:Nothing\nother = own_source:Gallery\nBad-Word = own_source:Gallery\n"
    )
    (tmp_path / "c.yaml").write_text("dataset: x\ntargets:\n  - label: comic\n    torn: a\n")

    assert source_named("twitter") in SOURCES
    assert "Bad-Word" not in own_words()
    with pytest.raises(UsageError, match=r"'torn'.*cannot be loaded.*repair"):
        source_named("torn")
    with pytest.raises(UsageError, match=r"'other'.*calls itself otherwise"):
        source_named("other")
    assert [target.key for target in load_settings(tmp_path / "c.yaml").targets] == ["torn:a"]
    (tmp_path / "c.yaml").write_text("dataset: x\ntargets:\n  - label: _own\n    torn: a\n")
    with pytest.raises(SettingsError, match="_own"):
        load_settings(tmp_path / "c.yaml")


def test_without_the_package_the_word_is_unknown(tmp_path: Path) -> None:
    """The line, the key, and the nearest word."""
    (tmp_path / "c.yaml").write_text("dataset: x\ntargets:\n  - gallery: ada\n")

    with pytest.raises(SettingsError, match="unknown key 'gallery'"):
        load_settings(tmp_path / "c.yaml")
