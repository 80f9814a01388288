"""What a take-down does with reports, and how it reads a list of what is to go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import UsageError
from harvest.ledger.exports import CARD, MARK, find_exports
from harvest.ledger.lockfile import COLUMNS
from harvest.ledger.progress import progress
from harvest.run.attrition.report import Against, report_attrition
from harvest.run.forget import forget, list_forgotten
from harvest.run.job import Job
from harvest.run.list_job import UrlOptions, logs_job
from harvest.run.sweep_list import read_wishes
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

PLACE = "http://pictures.example"


@pytest.fixture
async def job(tmp_path: Path, gather, still):
    """A data set of four addresses, one of them gone, with its report."""
    async with Sandbox(World.build(pictures=1), answer_all=True) as sandbox:
        log = tmp_path / "urls_comic.log"
        lines = [*(f"{PLACE}/media/{n}.jpg" for n in range(3)), f"{PLACE}/faults/404"]
        log.write_text("".join(f"{line}\n" for line in lines))
        made = logs_job([log], tmp_path / "set", UrlOptions())
        made = replace(made, outside=Outside({PLACE: sandbox.url}), clock=still.clock)
        await gather(made)
        with progress("looks", 0, quiet=True) as shown:
            await asyncio.to_thread(report_attrition, made, Against(), shown)
        yield made


def reports(job: Job) -> list[str]:
    return sorted(path.name for path in (job.dataset / "reports").iterdir())


ALL = ["attrition.csv", "attrition.html", "attrition.json"]


@pytest.mark.parametrize("dry", [True, False])
async def test_of_something_else(job: Job, dry: bool) -> None:
    """Reports that name nothing of what is forgotten stay, and none is spoken of."""
    done = forget(job.dataset, ["https://elsewhere.example/x.jpg"], dry_run=dry)

    assert reports(job) == ALL
    assert not any("report" in note for note in done.notes)


def exports(job: Job) -> list[str]:
    return sorted(path.name for path in find_exports(job.dataset))


EXPORTS = ["README.md", "imagefolder", "manifest.parquet", "webdataset"]


@pytest.fixture
def exported(job: Job) -> Job:
    """The same, with what `curate export` writes beside it."""
    for name in ("imagefolder", "webdataset"):
        (job.dataset / name).mkdir()
        (job.dataset / name / CARD).write_text(MARK)
    (job.dataset / CARD).write_text(MARK)
    (job.dataset / "manifest.parquet").write_bytes(b"PAR1")
    return job


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize(
    "wish", ["https://elsewhere.example/x.jpg", "twitter:nobody_here", "0" * 64, "folder:nowhere"]
)
async def test_what_was_never_here(exported: Job, wish: str, dry: bool) -> None:
    """Exports stay where nothing is taken out, and none is spoken of; the tombstone stays too."""
    before = {path: path.read_bytes() for path in exported.dataset.rglob("*.*") if path.is_file()}
    done = forget(exported.dataset, [wish], dry_run=dry)
    after = {path: path.read_bytes() for path in exported.dataset.rglob("*.*") if path.is_file()}
    changed = {path.name for path, data in before.items() if after.get(path) != data}

    assert exports(exported) == EXPORTS
    assert changed <= {"catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"}
    assert done.absent == [wish]
    assert done.notes == []
    assert bool(list_forgotten(exported.dataset)) != dry


@pytest.mark.parametrize("path", ["media/1.jpg", "faults/404"])
async def test_exports_of_what_was_here(exported: Job, path: str) -> None:
    """They go with a picture, or an address, beside what was never here; a dry run names them."""
    wishes = ["twitter:nobody_here", f"{PLACE}/{path}"]
    forget(exported.dataset, ["tumblr:gone-before/"])
    would = forget(exported.dataset, wishes, dry_run=True)
    there = exports(exported)
    done = forget(exported.dataset, wishes)
    (said,) = [note for note in would.notes if "would be removed;" in note]

    assert there == EXPORTS
    assert exports(exported) == []
    assert all(name in said for name in EXPORTS)
    assert said.replace("would be removed", "removed") in done.notes
    assert would.files == done.files
    assert would.lists == done.lists


async def test_a_list_that_names_the_bytes(exported: Job) -> None:
    """Bytes that the catalog does not know, and a list of the data set does, leave that list."""
    lock = exported.dataset / "older.lock.csv"
    lock.write_text(f"{','.join(COLUMNS)}\nhttp://a,comic,{'a' * 64},,1,1,1,,\n")
    would = forget(exported.dataset, ["a" * 64], dry_run=True)
    done = forget(exported.dataset, ["a" * 64])

    assert would.lists == done.lists == [str(lock)]
    assert [len(found.notes) for found in (would, done)] == [1, 1]
    assert lock.read_text() == ",".join(COLUMNS) + "\n"
    assert exports(exported) == []


@pytest.mark.parametrize("path", ["media/1.jpg", "faults/404"])
async def test_of_one_line(job: Job, path: str) -> None:
    """A report that names an address goes with it, with all its files; a dry run says it would."""
    would = forget(job.dataset, [f"{PLACE}/{path}"], dry_run=True)
    there = reports(job)
    done = forget(job.dataset, [f"{PLACE}/{path}"])

    assert there == ALL
    assert "3 reports showed them and would be removed" in would.notes[0]
    assert "3 reports showed them and were removed" in done.notes[0]
    assert reports(job) == []


async def test_the_list_itself(job: Job) -> None:
    """A list in reports/ that tells of a picture goes with it, and that is said."""
    sha8 = next((job.dataset / "raw").rglob("*.jpg")).stem[:8]
    path = job.dataset / "reports" / "deleted.txt"
    path.write_text(f"# gone, {sha8}\n{sha8}\n")
    given = read_wishes(path)
    done = forget(job.dataset, [*given.lines], given=given)

    assert not path.exists()
    assert f"{path}: tells of them, so the list itself is gone, too" in done.notes
    with pytest.raises(UsageError, match=r"no such file; a sweep writes it only where something"):
        read_wishes(path)


async def test_where_a_list_is_wrong(job: Job, tmp_path: Path) -> None:
    """What names nothing of a known kind is told with the list and the line."""
    path = tmp_path / "list.txt"
    path.write_text(f"{PLACE}/media/1.jpg\n\nno such thing # why\n")
    given = read_wishes(path)

    with pytest.raises(UsageError, match=r"list\.txt:3: 'no such thing': nothing that can be"):
        forget(job.dataset, [*given.lines], given=given)


def test_comments(tmp_path: Path) -> None:
    """What stands behind a blank and # is a comment; one in an address or a file's name is not."""
    path = tmp_path / "list.txt"
    path.write_text(
        "# a head\nhttp://a.example/x.jpg # asked by mail\nmastodon:a.example/#tag\n"
        "twitter:ada\t#why\ncomic/cat #1.jpg\nhttp://a.example/x.jpg\r\n"
    )

    assert read_wishes(path).lines == {
        "http://a.example/x.jpg": 2,
        "mastodon:a.example/#tag": 3,
        "twitter:ada": 4,
        "comic/cat #1.jpg": 5,
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), ("", "a folder"), (b"\xff\xfe\x00", "not UTF-8"), (b"a\0b", "NUL")],
)
def test_no_list(tmp_path: Path, content: object, said: str) -> None:
    """What cannot be read as a list is told by what it is."""
    path = tmp_path / "list.txt"
    if content == "":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)

    with pytest.raises(UsageError, match=said):
        read_wishes(path)
