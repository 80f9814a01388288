"""The process that writes is killed while a run goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from harvest.download.writer import Writer
from harvest.guard.session import Outside
from harvest.ledger.lists.given import GivenList
from harvest.ledger.records import Status, Target
from harvest.run import commits
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.urllist import UrlList

PLACE = "http://pictures.example"
PICTURES = 700


@pytest.mark.parametrize("after", [40, 150, 290])
async def test_the_run_goes_on(tmp_path: Path, monkeypatch, after: int) -> None:
    """Each picture is counted once, as new, stored and shown; no part file stays."""
    writers: list[Writer] = []

    def hire(*given) -> Writer:
        writers.append(Writer(*given))
        return writers[-1]

    monkeypatch.setattr("harvest.run.engine.Writer", hire)
    monkeypatch.setattr(commits, "HIRE_AT", 100)
    log = tmp_path / "urls_x.log"
    log.write_text("".join(f"{PLACE}/any/{n}.jpg\n" for n in range(PICTURES)))
    async with Sandbox(World.build(pictures=1), answer_all=True) as sandbox:
        run = Run(
            Job(
                dataset=tmp_path / "set",
                targets=(Target("urls", "x", label="x"),),
                sources={"urls": UrlList({"x": [GivenList(log)]})},
                outside=Outside({PLACE: sandbox.url}),
            )
        )
        done = []
        async for outcome in run.outcomes():
            done.append(outcome)
            if len(done) >= after and writers and writers[0].ready and len(writers) == 1:
                os.kill(writers[0].pid, signal.SIGKILL)
                writers.append(writers[0])
            await asyncio.sleep(0)
    shown = list((tmp_path / "set/images/x").iterdir())
    left = list((tmp_path / "set/raw/.parts").iterdir())

    assert len(writers) == 2, "it was never at work"
    assert {(o.status, o.reason) for o in done} == {(Status.SAVED, "")}
    assert len(done) == len(shown) == PICTURES
    assert left == []
    assert any("has ended" in note for note in run.summary.notes), run.summary.notes
