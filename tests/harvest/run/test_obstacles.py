"""A file where a folder is wanted is told before anything is asked for."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.records import Target
from harvest.run.job import Job
from harvest.run.obstacles import fit_handles


@pytest.fixture
def job(tmp_path: Path, picture: Callable[..., bytes]) -> Job:
    """One picture in a sub-folder that is its label."""
    (tmp_path / "taken/comic").mkdir(parents=True)
    (tmp_path / "taken/comic/a.jpg").write_bytes(picture(1))
    target = Target("folder", str(tmp_path / "taken"), label_from="folder")
    return Job(dataset=tmp_path / "set", targets=(target,))


@pytest.mark.parametrize(
    "place", ["raw", "raw/.parts", "urls", "images", "images/_unsorted", "images/comic"]
)
async def test_file_for_a_folder(gather, job: Job, place: str) -> None:
    """The line names the file; no catalog is made."""
    path = job.dataset / place
    path.parent.mkdir(parents=True)
    path.write_text("in the way")

    with pytest.raises(UsageError, match=rf"{place}: a file"):
        await gather(job)
    assert not (job.dataset / "catalog.sqlite").exists()


async def test_label_of_an_earlier_run(gather, job: Job) -> None:
    """A label that only the catalog knows counts too."""
    await gather(job)
    folder = job.dataset / "images/comic"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")

    with pytest.raises(UsageError, match="images/comic: a file"):
        await gather(Job(dataset=job.dataset, targets=job.targets, walk=False))


async def test_target_that_is_no_text(gather, tmp_path: Path) -> None:
    """A folder whose name is not UTF-8 is one line, not a catalog's trouble."""
    target = Target("folder", str(tmp_path / "bad\udcff"))

    with pytest.raises(UsageError, match="not UTF-8"):
        await gather(Job(dataset=tmp_path / "set", targets=(target,)))


@pytest.fixture
def handles() -> Iterator[tuple[int, int]]:
    """This process's limits of open files, put back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_few_handles_are_raised(handles: tuple[int, int], job: Job) -> None:
    """A soft limit too low for the run is raised, without a word; one that will do is kept."""
    _, hard = handles
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    enough, silence = fit_handles(Job(job.dataset, job.targets, max_requests=8))
    kept = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    fitted, note = fit_handles(Job(job.dataset, job.targets, max_requests=64))

    assert (enough.max_requests, silence, kept) == (8, "", 100)
    assert (fitted.max_requests, note) == (64, "")
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 2 * 64 + 64
