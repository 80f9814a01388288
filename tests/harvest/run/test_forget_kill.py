"""A take-down that is killed anywhere is ended by the next command, whichever that is."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.folder import DatasetFolder
from harvest.run.forget import complete, forget, list_forgotten
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.run.list_job import UrlOptions, logs_job
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.store.marks import address_mark
from harvest.store.schema import open_store
from harvest.store.takedown import bury, find, read_doomed

PLACE = "http://pictures.example"
URL = f"{PLACE}/media/1.jpg"


@pytest.fixture
async def job(tmp_path: Path, still):
    """Four addresses of one label."""
    async with Sandbox(World.build(pictures=1), answer_all=True) as sandbox:
        log = tmp_path / "urls_comic.log"
        log.write_text("".join(f"{PLACE}/media/{n}.jpg\n" for n in range(4)))
        made = logs_job([log], tmp_path / "set", UrlOptions())
        yield replace(made, outside=Outside({PLACE: sandbox.url}), clock=still.clock)


_CHILD = """
import os, signal, sys
from pathlib import Path
from harvest.run.forget import forget

left = [int(sys.argv[3])]

def before(event, _):
    if event in ("os.remove", "os.rename"):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(before)
forget(Path(sys.argv[1]), [sys.argv[2]])
"""


def killed_in(dataset: Path, steps: int) -> bool:
    """Forget in a process that is killed when it has changed so many files; whether it was."""
    words = [sys.executable, "-c", _CHILD, str(dataset), URL, str(steps)]
    return subprocess.run(words, check=False).returncode == -signal.SIGKILL


def traces(dataset: Path, sha256: str) -> list[str]:
    files = [p for p in dataset.rglob("*") if p.is_file()]
    named = [str(p) for p in files if URL.encode() in p.read_bytes()]
    same = [str(p) for p in files if hashlib.sha256(p.read_bytes()).hexdigest() == sha256]
    return named + same


@pytest.mark.parametrize("finish", ["forget", "run"])
@pytest.mark.parametrize("steps", [0, 1, 2, 3])
async def test_killed(gather, job: Job, steps: int, finish: str) -> None:
    """The same command again, or the next run, takes out what is left; nothing comes back."""
    outcomes, _ = await gather(job)
    (one,) = (o for o in outcomes if o.sighting.url == URL)
    killed = killed_in(job.dataset, steps)
    going = Run(job)
    if finish == "forget":
        forget(job.dataset, [URL])
        left = traces(job.dataset, one.image.sha256)
    else:
        async with aclosing(going.outcomes()) as first:
            await anext(first)
            left = traces(job.dataset, one.image.sha256)
    again, _ = await gather(job)

    assert killed
    assert left == []
    assert traces(job.dataset, one.image.sha256) == []
    assert [o.reason for o in again if o.sighting.url == URL] == ["forgotten"]
    assert len(list((job.dataset / "raw").glob("??/*"))) == 3
    with open_store(job.dataset / "catalog.sqlite") as catalog:
        assert read_doomed(catalog).empty


async def test_buried_alone(gather, job: Job) -> None:
    """Killed right after the first transaction, nothing is gone yet, and nothing can come back."""
    outcomes, _ = await gather(job)
    (one,) = (o for o in outcomes if o.sighting.url == URL)
    folder = DatasetFolder.open(job.dataset)
    with open_store(folder.catalog) as catalog:
        marks = [address_mark(URL)]
        bury(catalog, [(marks, find(catalog, marks))], "")
        half = traces(job.dataset, one.image.sha256)
        complete(folder, catalog)

    assert len(half) >= 3
    assert traces(job.dataset, one.image.sha256) == []
    assert {stone.kind for stone in list_forgotten(job.dataset)} == {
        "bytes",
        "sighting",
        "address",
    }
