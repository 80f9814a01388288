"""Lists with labels of their own, of every form: folders, second runs, pipes, hostile labels."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.lists.columns import Wanted
from harvest.ledger.lists.given import STDIN
from harvest.ledger.progress import progress
from harvest.ledger.records import Status
from harvest.run.attrition.report import Against, report_attrition
from harvest.run.forget import forget
from harvest.run.harvest import harvest
from harvest.run.job import Job
from harvest.run.labels import unlabelled
from harvest.run.list_job import UrlOptions, logs_job
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources import listlabels
from harvest.store.schema import open_store

PLACE = "http://pictures.example"
LABELS = ("comic", "photo", "comic", "")
ROWS = [(f"{PLACE}/any/{n}.jpg", LABELS[n % 4]) for n in range(24)]


@pytest.fixture(scope="module")
def world() -> World:
    """Any world: the lists name paths that get a picture of their own."""
    return World.build(pictures=1)


@pytest.fixture
async def sandbox(world: World):
    """A CDN that has a picture for every path."""
    async with Sandbox(world, answer_all=True) as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox, still) -> Callable[..., Job]:
    """A job over lists by these names, into the one data set."""

    def make(files: dict[str, bytes], **options) -> Job:
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        paths = [tmp_path / name for name in files]
        made = logs_job(paths, tmp_path / "set", UrlOptions(**options))
        return replace(made, outside=Outside({PLACE: sandbox.url}), clock=still.clock)

    return make


def as_csv(rows: list[tuple[str, str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([("url", "label"), *rows])
    return out.getvalue().encode()


def as_json(rows: list[tuple[str, str]]) -> bytes:
    return "".join(json.dumps({"url": url, "label": label}) + "\n" for url, label in rows).encode()


def labels(dataset: Path) -> dict[str, int]:
    folder = DatasetFolder.open(dataset)
    return {path.name: len(list(path.iterdir())) for path in folder.images.iterdir()}


async def test_labels_that_are_none(gather, job) -> None:
    """Numbers with gaps, as pandas has them, are labels; what was dropped is told with its line."""
    values = [0.0, 1.0, None, 0.5, {"a": 1}, True]
    rows = [{"url": f"{PLACE}/any/{n}.jpg", "label": value} for n, value in enumerate(values)]
    made = job({"x.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode()})
    _, summary = await gather(made)
    (note,) = [note for note in summary.notes if "no label:" in note]

    assert labels(made.dataset) == {"0": 1, "1": 1, "true": 1, "_unsorted": 3}
    assert "no label: 2 (0.5 (" in note
    assert "x.jsonl:5)" in note


async def test_a_second_run(gather, job) -> None:
    """What was known is told with all its reasons; that all was saved before needs no line."""
    urls = [f"{PLACE}/any/1.jpg", f"{PLACE}/any/2.jpg", f"{PLACE}/faults/404"]
    for some, line in ((urls, "known: was_gone 1, was_saved 2"), (urls[:2], None)):
        made = job({"urls_x.log": "".join(f"{url}\n" for url in some).encode()})
        await gather(made)
        _, summary = await gather(made)

        assert [said for said in summary.why() if said.startswith("known")] == [line][: bool(line)]


async def test_passwords_stay_in_no_file(gather, job) -> None:
    """An address with a name and a password is refused unasked; no file of the data set has it."""
    address = "http://name:wordofmine@pictures.example/1.jpg"
    files = {
        "urls_log.log": f"{address}\n",
        "a.csv": f"url,label\n{address},x\n,{address}\n",
        "b.jsonl": f'{{"url": ["{address}", "{address}"]}}\n{{"x": "{address}"}}\n',
        "c.csv": f"url,label\n{PLACE}/any/1.jpg,x,{address}\n",
    }
    made = job({name: text.encode() for name, text in files.items()})
    outcomes, _ = await gather(made)
    with progress("looks", 0, quiet=True) as shown:
        await asyncio.to_thread(report_attrition, made, Against(), shown)
    written = [path for path in made.dataset.rglob("*") if path.is_file()]

    assert {(o.status, o.reason) for o in outcomes} >= {(Status.REFUSED, "bad_url")}
    assert any(
        "…@pictures.example" in path.read_text() for path in written if path.suffix == ".csv"
    )
    assert [path for path in written if b"wordofmine" in path.read_bytes()] == []


async def test_labels_of_rows(gather, job) -> None:
    """Each picture stands under its row's label; one without a label waits for a person."""
    made = job({"mine.csv": as_csv(ROWS)})
    _, summary = await gather(made)
    log = DatasetFolder.open(made.dataset).urls / "urls_mine.log"

    assert summary.counts["urls:mine"].saved == 24
    assert labels(made.dataset) == {"comic": 12, "photo": 6, "_unsorted": 6}
    assert log.read_text().splitlines() == [url for url, _ in ROWS]


async def test_the_same_list_in_other_forms(gather, job, sandbox: Sandbox) -> None:
    """What one form brought no other form asks for again, whatever its name and its packing."""
    first = job({"mine.csv": as_csv(ROWS)})
    await gather(first)
    sandbox.requests.clear()
    text = "".join(f"{url}\n" for url, _ in ROWS).encode()
    others = {
        "mine.csv.gz": gzip.compress(as_csv(ROWS)),
        "mine.jsonl": as_json(ROWS),
        "mine.json": b"[" + as_json(ROWS).strip().replace(b"\n", b",") + b"]",
    }
    for name, data in others.items():
        outcomes, _ = await gather(job({name: data}))
        assert {(o.status, o.reason) for o in outcomes} == {(Status.KNOWN, "was_saved")}
    outcomes, _ = await gather(job({"urls_comic.log": text}))

    assert len(outcomes) == 24
    assert len(sandbox.requests) == 0


async def test_a_run_that_was_cut_short(gather, job, sandbox: Sandbox) -> None:
    """The same command again asks for the rest alone, and every row has its outcome in each run."""
    await gather(job({"mine.csv": as_csv(ROWS[:10])}))
    sandbox.requests.clear()
    _, summary = await gather(job({"mine.csv": as_csv(ROWS)}))
    counts = summary.counts["urls:mine"]

    assert (counts.known, counts.saved, len(sandbox.requests)) == (10, 14, 14)


async def test_changed_labels(gather, job, sandbox: Sandbox) -> None:
    """A list whose labels were corrected moves its pictures, without a request."""
    await gather(job({"mine.csv": as_csv(ROWS[:3])}))
    sandbox.requests.clear()
    made = job({"mine.csv": as_csv([(url, "ink") for url, _ in ROWS[:3]])})
    await gather(made)
    with open_store(DatasetFolder.open(made.dataset).catalog, read_only=True) as catalog:
        rows = catalog.connection.execute("SELECT DISTINCT label FROM seen").fetchall()

    assert [row["label"] for row in rows] == ["ink"]
    assert len(sandbox.requests) == 0


async def test_one_address_under_two_labels(gather, job) -> None:
    """A person decides; nobody need for one that is there twice under one label. So it stays."""
    url, other = ROWS[0][0], ROWS[1][0]
    rows = [(url, "comic"), (other, "photo"), (url, "photo"), (other, "photo")]
    made = job({"mine.csv": as_csv(rows)})
    _, summary = await gather(made)

    assert (summary.total.saved, summary.total.known) == (2, 2)
    assert labels(made.dataset) == {"_unsorted": 1, "photo": 1}
    with open_store(DatasetFolder.open(made.dataset).catalog) as catalog:
        (note,) = unlabelled(catalog, made.targets)
        doubts = catalog.connection.execute("SELECT label FROM doubt ORDER BY label").fetchall()
    assert note == "urls:mine: in rows of several labels: 1 picture; a person decides"
    assert [row["label"] for row in doubts] == ["comic", "photo"]
    outcomes, _ = await gather(made)
    assert [o.reason for o in outcomes] == ["was_saved", "was_saved", "same_line", "same_line"]
    assert labels(made.dataset) == {"_unsorted": 1, "photo": 1}


async def test_hostile_labels(gather, job, tmp_path: Path) -> None:
    """No label leaves `images/` or is one of winnow's own folders; twins by case are one label."""
    words = ["../up", "/etc", "_rejected", ".hidden", "x" * 1000, "con", "a\0b", "Comic", "comic"]
    rows = [(f"{PLACE}/any/{n}.jpg", word) for n, word in enumerate([*words, "=1+1", "ok"])]
    made = job({"mine.csv": as_csv(rows)})
    _, summary = await gather(made)
    notes = "\n".join(summary.notes)

    assert labels(made.dataset) == {"_unsorted": 7, "Comic": 2, "=1+1": 1, "ok": 1}
    assert "can be none, so that their pictures have none: 7 (label '../up' begins" in notes
    assert "mine.csv:2); label" in notes
    assert notes.count("choose another name") == 1
    assert "'comic' as 'Comic'" in notes
    assert {path.name for path in tmp_path.iterdir()} == {"mine.csv", "set"}


async def test_forgotten_rows(gather, job) -> None:
    """What was taken out stays out, and the rows behind it keep their own labels."""
    made = job({"mine.csv": as_csv(ROWS[:2])})
    await gather(made)
    forget(made.dataset, [ROWS[1][0]])
    outcomes, _ = await gather(job({"mine.csv": as_csv(ROWS[:8])}))

    assert [o.reason for o in outcomes].count("forgotten") == 1
    assert labels(made.dataset) == {"comic": 4, "photo": 1, "_unsorted": 2}


async def test_too_many_labels(gather, job, monkeypatch) -> None:
    """A column of captions is no column of labels: one line, before there are a million folders."""
    monkeypatch.setattr(listlabels, "MOST_LABELS", 5)
    rows = [(f"{PLACE}/any/{n}.jpg", f"caption {n}") for n in range(9)]
    _, summary = await gather(job({"mine.csv": as_csv(rows)}))

    with pytest.raises(DataError, match=r"over 5 different labels.*--label-column"):
        summary.check()


async def test_a_list_that_ends_early(gather, job) -> None:
    """What came before a tear is got; one line tells of the tear, with exit code 5."""
    whole = "".join(f"{url}\n" for url, _ in ROWS).encode()
    torn = {
        "gz.log.gz": gzip.compress(whole)[:-9],
        "csv.csv.gz": gzip.compress(as_csv(ROWS))[:-9],
        "json.json": json.dumps([{"url": url} for url, _ in ROWS]).encode()[:-9],
    }
    _, summary = await gather(job({**torn, "whole.csv": as_csv(ROWS[:7])}))

    assert summary.counts["urls:whole"].seen == 7
    for name in ("urls:gz", "urls:csv", "urls:json"):
        assert 20 <= summary.counts[name].seen <= 24
    with pytest.raises(DataError, match=r"cannot be unpacked|no end|not JSON"):
        summary.check()


async def test_standard_input(gather, tmp_path: Path, sandbox: Sandbox, still, monkeypatch) -> None:
    """Without a column of labels its pictures are unsorted, or under the one label for all."""
    for label, place in ((None, "_unsorted"), ("ink", "ink")):
        lines = f"{ROWS[0][0]}?{label}\n".encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
        made = logs_job([STDIN], tmp_path / place, UrlOptions(label=label))
        await gather(replace(made, outside=Outside({PLACE: sandbox.url}), clock=still.clock))

        assert labels(tmp_path / place) == {place: 1}


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (["-", "-"], {}, "standard input can be read once only"),
        (["x.csv", "x.log"], {}, "only some have a column of labels"),
        (["x.csv", "X.csv"], {}, "differ by case only"),
        (["_x.log"], {}, r"_x\.log: its name gives its .* label: .*begins with _.*or give --label"),
        (["a:b.log"], {}, r"a:b\.log: its name gives its .*or give --label NAME"),
        (["x.csv"], {"label": "../up"}, "begins with _ or ."),
        (["x.csv"], {"columns": Wanted(label="no")}, "no such column .there are url, label"),
        (["x.csv"], {"columns": Wanted(label="label"), "label": "a"}, "keep one"),
        (["x.log"], {"columns": Wanted(url="link")}, "--url-column 'link': no such column"),
    ],
)
def test_what_does_not_go_together(
    tmp_path: Path, monkeypatch, names: list[str], options: dict, said: str
) -> None:
    """One line each, before anything is made."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"http://a.example/1.jpg\n")))
    for name in names:
        text = "http://a.example/1.jpg\n"
        if name != "-":
            (tmp_path / name).write_text("url,label\n" + text if name.endswith("csv") else text)
    paths = [STDIN if name == "-" else tmp_path / name for name in names]

    with pytest.raises(UsageError, match=said):
        logs_job(paths, tmp_path / "set", UrlOptions(**options))
    assert not (tmp_path / "set").exists()


def test_one_label_for_all(tmp_path: Path) -> None:
    """With a label for all no column is looked for, and no name need make a label."""
    (tmp_path / "_x.csv").write_text("url,label,class\n# no address\n")
    summary = harvest(logs_job([tmp_path / "_x.csv"], tmp_path / "set", UrlOptions(label="ink")))

    assert summary.total.refused == 1
