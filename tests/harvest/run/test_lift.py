"""A tombstone that was left by mistake is lifted, with all that was left beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.records import Status, Target
from harvest.run.forget import forget, list_forgotten
from harvest.run.job import Job
from harvest.run.lift import lift


@pytest.fixture
def job(tmp_path: Path, picture) -> Job:
    """A folder with two pictures."""
    root = tmp_path / "k"
    root.mkdir()
    for number in (1, 2):
        (root / f"{number}.jpg").write_bytes(picture(number))
    return Job(dataset=tmp_path / "set", targets=(Target("folder", str(root)),))


async def saved(gather, job: Job) -> list[str]:
    outcomes, _ = await gather(job)
    return [o.sighting.post_id for o in outcomes if o.status is Status.SAVED]


@pytest.mark.parametrize("digits", [8, 64])
async def test_one_picture(gather, job: Job, digits: int) -> None:
    """By its sha256, or the first digits of it, a picture that is gone is let in again."""
    one, _ = await saved(gather, job)
    forget(job.dataset, [one])
    between = await saved(gather, job)
    done = lift(job.dataset, [one[:digits]])

    assert between == []
    assert done.record() == {
        "lifted": 2,
        "kinds": {"bytes": 1, "sighting": 1},
        "dry_run": False,
    }
    assert list_forgotten(job.dataset) == []
    assert await saved(gather, job) == [one]


async def test_whole_folder(gather, job: Job) -> None:
    """A folder that was forgotten is looked through again, from its first file on."""
    both = await saved(gather, job)
    (target,) = job.targets
    forget(job.dataset, [target.key])
    between = await saved(gather, job)
    lift(job.dataset, [target.key])

    assert between == []
    assert sorted(await saved(gather, job)) == sorted(both)


async def test_dry_run(gather, job: Job) -> None:
    """It tells what would be lifted, and lifts nothing."""
    one, _ = await saved(gather, job)
    forget(job.dataset, [one])
    before = list_forgotten(job.dataset)
    would = lift(job.dataset, [one], dry_run=True)

    assert list_forgotten(job.dataset) == before
    assert would.dry_run
    assert would.kinds == lift(job.dataset, [one]).kinds


async def test_what_is_not_kept_out(gather, job: Job) -> None:
    """A word that kept nothing out is refused in one line, and nothing is lifted."""
    one, other = await saved(gather, job)
    forget(job.dataset, [one])
    before = list_forgotten(job.dataset)
    with pytest.raises(UsageError, match="nothing is kept out for it") as caught:
        lift(job.dataset, [one, other])

    assert "\n" not in str(caught.value)
    assert list_forgotten(job.dataset) == before


async def test_other_wishes_stay(gather, job: Job) -> None:
    """Of two wishes of one call, only the named one is lifted."""
    one, other = await saved(gather, job)
    forget(job.dataset, [one, other])
    lift(job.dataset, [other])

    assert {s.hash for s in list_forgotten(job.dataset) if s.kind == "bytes"} == {one}
    assert await saved(gather, job) == [other]


async def test_settings_copy(gather, job: Job) -> None:
    """That the data set's own copy of the settings has the name is told as what it is."""
    await gather(job)
    (target,) = job.targets
    (job.dataset / "winnow.yaml").write_text(f"targets: [{{folder: {target.name}}}]".casefold())
    (note,) = [n for n in forget(job.dataset, [target.key]).notes if "winnow.yaml" in n]

    assert "own copy" in note
    assert "next run" in note
