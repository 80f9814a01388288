"""Lists with nothing in them, with lines that are none, and without a name: what a run says."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harvest.ledger.errors import DataError
from harvest.run.job import Job
from harvest.run.list_job import UrlOptions, logs_job

NONE = b"no address\n"
EMPTY = {
    "a.log": b"",
    "b.csv": b"",
    "c.json": b"[]",
    "d.csv": b"url,label\n",
    "e.log.gz": gzip.compress(b""),
    "f.log": b"\n# only a comment\n",
    "g.jsonl": b"\n",
}


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Job]:
    """A job over lists by these names; nothing in them can be asked for."""

    def make(files: dict[str, bytes]) -> Job:
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        return logs_job([tmp_path / name for name in files], tmp_path / "set", UrlOptions())

    return make


@pytest.mark.parametrize("name", EMPTY)
async def test_an_empty_list(gather, job, name: str) -> None:
    """Of any form it is told in one line with exit code 5; beside another one it is a note."""
    _, alone = await gather(job({name: EMPTY[name]}))
    _, beside = await gather(job({name: EMPTY[name], "mine.log": NONE}))

    with pytest.raises(DataError, match="nothing in it; wanted addresses"):
        alone.check()
    beside.check()
    assert any(f"{name}: nothing in it" in note for note in beside.notes)


async def test_why_lines_are_refused(gather, job) -> None:
    """The true reason stands in the outcome, and a note tells in which line to look."""
    text = b'url,label\nhttp://a.example/1,a,b\n,x\nhttp://a.example/2,"5\nno,x\n'
    outcomes, summary = await gather(job({"mine.csv": text, "x.jsonl": b'{"url": ""}\n{oh\n'}))
    details = " ".join(o.detail for o in outcomes)
    notes = " ".join(summary.notes)

    assert summary.total.refused == len(outcomes) == 6
    for said in ("more cells than", "no address in its column", "a quote opens", "not a JSON"):
        assert said in details
        assert said in notes
    assert "scheme ''" in details
    assert "mine.csv:4)" in notes


async def test_a_list_that_is_not_utf8(gather, job) -> None:
    """It is called that, with the line and what to do, and no label is made of it."""
    made = job({"mine.csv": "url,label\nfile:///1,caf\u00e9\n".encode("latin-1")})
    _, summary = await gather(made)
    (note,) = [note for note in summary.notes if "UTF-8" in note]

    assert "mine.csv:2 first" in note
    assert "iconv" in note


def test_a_shells_own_handle(tmp_path: Path) -> None:
    """`<(…)` has a number for a name, which tells nothing: it is as standard input."""
    reading, writing = os.pipe()
    os.write(writing, b"http://a.example/1.jpg\n")
    os.close(writing)
    with os.fdopen(reading):
        made = logs_job([Path(f"/dev/fd/{reading}")], tmp_path / "set", UrlOptions())
        (target,) = made.targets
        found = [url for url, *_ in made.sources["urls"].listed(target)]

    assert (target.key, target.label) == ("urls:stdin", None)
    assert found == ["http://a.example/1.jpg"]
