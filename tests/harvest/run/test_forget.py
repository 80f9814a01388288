"""What is taken out stays out: of every source, by every address, in every file."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import UsageError
from harvest.ledger.records import Outcome, Sighting, Status, Target
from harvest.ledger.targets import parse_target
from harvest.run.forget import forget, list_forgotten
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import sandbox_keys
from harvest.run.list_job import UrlOptions, logs_job
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.catalogue import SOURCES
from harvest.store.marks import accounts_of
from harvest.store.schema import open_store

ASKED = [source.name for source in SOURCES if source.origins]
EVERY = [*ASKED, "folder", "urls"]
PLACE = "http://pictures.example"


@pytest.fixture(scope="module")
def world() -> World:
    """The demo's world, in which every source's example is."""
    return World.demo()


@pytest.fixture
async def sandbox(world: World):
    """The stand-ins, with a picture for every other path."""
    async with Sandbox(world, answer_all=True) as running:
        yield running


@pytest.fixture
def job_of(tmp_path: Path, sandbox: Sandbox, still, picture) -> Callable[[str], Job]:
    """A small job of a source, by its name."""

    def make(name: str) -> Job:
        if name == "urls":
            log = tmp_path / "urls_comic.log"
            log.write_text("".join(f"{PLACE}/media/{n}.jpg\n" for n in range(4)))
            made = logs_job([log], tmp_path / "set", UrlOptions())
            return replace(made, outside=Outside({PLACE: sandbox.url}), clock=still.clock)
        if name == "folder":
            root = tmp_path / "taken"
            root.mkdir(exist_ok=True)
            for number in range(4):
                (root / f"{number}.jpg").write_bytes(picture(number))
            target = Target("folder", str(root))
        else:
            (source,) = (source for source in SOURCES if source.name == name)
            target = replace(parse_target(source.example), max_images=12)
        return Job(
            dataset=tmp_path / "set",
            targets=(target,),
            keys=sandbox_keys(),
            outside=Outside(sandbox_endpoints(sandbox.url)),
            clock=still.clock,
        )

    return make


def saved(outcomes: list[Outcome]) -> list[Outcome]:
    return [o for o in outcomes if o.status is Status.SAVED]


def holders(dataset: Path, *words: str) -> list[str]:
    """Files of a data set whose name or bytes hold one of these words; journaled answers too."""
    files = [p for p in sorted(dataset.rglob("*")) if p.is_file()]
    texts = [(path.name, path.name.encode() + path.read_bytes()) for path in files]
    with open_store(dataset / "catalog.sqlite", read_only=True) as catalog:
        bodies = catalog.connection.execute("SELECT body FROM page").fetchall()
    texts += [("journal", zlib.decompress(row["body"]).replace(b"\\/", b"/")) for row in bodies]
    return [f"{name}: {word}" for name, data in texts for word in words if word.encode() in data]


def copies(dataset: Path, sha256: str) -> list[Path]:
    """Files of a data set that hold these bytes."""
    files = (p for p in dataset.rglob("*") if p.is_file())
    return [p for p in files if hashlib.sha256(p.read_bytes()).hexdigest() == sha256]


def address_of(sighting: Sighting) -> str:
    return sighting.url or sighting.post_id


@pytest.mark.parametrize("name", EVERY)
async def test_one_picture(gather, job_of, name: str) -> None:
    """A forgotten picture leaves no byte, row or address, and the same command leaves it out."""
    job = job_of(name)
    outcomes, _ = await gather(job)
    first, *others = saved(outcomes)
    done = forget(job.dataset, [address_of(first.sighting)])
    left = holders(job.dataset, first.sighting.url) if first.sighting.url else []
    again, summary = await gather(job)

    assert done.pictures == 1
    assert done.files == 2  # in raw/ and below images/
    assert not copies(job.dataset, first.image.sha256)
    assert left == []
    assert {(o.status, o.reason) for o in again if o.sighting.key == first.sighting.key} <= {
        (Status.REFUSED, "forgotten")
    }
    assert not [o for o in again if o.image == first.image]
    assert summary.total.refused >= (name in ("folder", "urls"))
    assert all(copies(job.dataset, o.image.sha256) for o in others)
    assert not (first.sighting.url and holders(job.dataset, first.sighting.url))


@pytest.mark.parametrize("name", ASKED)
async def test_whole_account(gather, job_of, name: str) -> None:
    """Of a forgotten account nothing is left and nothing comes back, whoever shows it."""
    job = job_of(name)
    outcomes, _ = await gather(job)
    account = sorted(accounts_of(saved(outcomes)[0].sighting))[0]
    theirs = [o for o in saved(outcomes) if account in accounts_of(o.sighting)]
    others = {o.image.sha256 for o in saved(outcomes)} - {o.image.sha256 for o in theirs}
    done = forget(job.dataset, [account])
    words = [s.url for s in (o.sighting for o in theirs)] + [o.sighting.post_id for o in theirs]
    left = holders(job.dataset, *words)
    again, _ = await gather(job)

    assert done.pictures == len({o.image for o in theirs}) > 0
    assert left == []
    assert not any(copies(job.dataset, o.image.sha256) for o in theirs)
    assert all(copies(job.dataset, sha256) for sha256 in others)
    assert not [o for o in again if o.image and account in accounts_of(o.sighting)]
    assert holders(job.dataset, *words) == []


async def test_account_is_not_asked(gather, job_of, sandbox: Sandbox) -> None:
    """A forgotten account is not asked for at all, and its name stands nowhere."""
    job = job_of("twitter")
    await gather(job)
    (target,) = job.targets
    forget(job.dataset, [target.key])
    left = holders(job.dataset, target.name)
    sandbox.requests.clear()
    outcomes, summary = await gather(job)

    assert left == []
    assert outcomes == []
    assert len(sandbox.requests) == 0
    assert any("not asked" in note for note in summary.notes)


async def test_whole_folder(gather, job_of, picture) -> None:
    """A forgotten folder gives nothing more, not even what is new in it."""
    job = job_of("folder")
    await gather(job)
    (target,) = job.targets
    done = forget(job.dataset, [target.key])
    (Path(target.name) / "new.jpg").write_bytes(picture(9))
    outcomes, _ = await gather(job)

    assert done.pictures == 4
    assert outcomes == []
    assert not list((job.dataset / "raw").glob("??/*"))


@pytest.mark.parametrize("form", ["whole", "short", "below images", "from the data set", "post"])
async def test_ways_to_name_it(gather, job_of, form: str) -> None:
    """A picture is named by its sha256, its file or its post; a post takes all its pictures."""
    job = job_of("twitter")
    outcomes, _ = await gather(job)
    one = next(o for o in saved(outcomes) if o.sighting.post_url)
    sha256 = one.image.sha256
    (file,) = (p for p in copies(job.dataset, sha256) if "images" in p.parts)
    said = {
        "whole": sha256.upper(),
        "short": sha256[:8],
        "below images": str(file),
        "from the data set": str(file.relative_to(job.dataset)),
        "post": f"https://mobile.twitter.com/i/web/status/{one.sighting.post_id}?s=20",
    }[form]
    many = {o.image for o in saved(outcomes) if o.sighting.post_id == one.sighting.post_id}
    done = forget(job.dataset, [said])

    assert done.pictures == (len(many) if form == "post" else 1)
    assert not copies(job.dataset, sha256)


@pytest.mark.parametrize(
    "said",
    [
        "words",
        "deadbeef",
        "tumblr:webcomic/comic",
        "bluesky:#art",
        "/etc/passwd",
        "https:",
        "twitter:",
    ],
)
async def test_what_is_nothing(gather, job_of, contents, said: str) -> None:
    """What names nothing of a known kind is refused in one line, and nothing is changed."""
    job = job_of("urls")
    await gather(job)
    before = contents(job.dataset)
    with pytest.raises(UsageError) as caught:
        forget(job.dataset, [f"{PLACE}/media/1.jpg", said])

    assert "\n" not in str(caught.value)
    assert contents(job.dataset) == before
    assert list_forgotten(job.dataset) == []


async def test_before_it_comes(gather, job_of, sandbox: Sandbox) -> None:
    """What the data set does not hold yet never comes in; its address is not asked."""
    job = job_of("urls")
    await gather(replace(job, targets=()))
    done = forget(job.dataset, ["https://pictures.example/media/1.jpg"], why="asked by mail")
    _, summary = await gather(job)
    stones = list_forgotten(job.dataset)

    assert done.absent == ["https://pictures.example/media/1.jpg"]
    assert (summary.total.saved, summary.total.refused) == (3, 1)
    assert not [line for line in sandbox.requests if "/media/1.jpg" in line]
    assert {(stone.kind, stone.why) for stone in stones} == {
        ("address", "asked by mail"),
        ("post", "asked by mail"),
    }


async def test_same_bytes_elsewhere(gather, job_of, tmp_path: Path) -> None:
    """The same bytes from another address are refused, and not kept; nor is that address."""
    job = job_of("urls")
    log = tmp_path / "urls_comic.log"
    log.write_text(f"{PLACE}/faults/good.jpg\n")
    first, _ = await gather(job)
    forget(job.dataset, [first[0].image.sha256])
    log.write_text(f"{PLACE}/faults/redirect-to-good\n{PLACE}/media/1.jpg\n")
    second, _ = await gather(job)
    left = holders(job.dataset, "redirect-to-good")
    third, _ = await gather(job)

    assert sorted((o.status, o.reason) for o in second) == [
        (Status.REFUSED, "forgotten"),
        (Status.SAVED, ""),
    ]
    assert not copies(job.dataset, first[0].image.sha256)
    assert left == []
    assert [o.attempts for o in third if o.reason == "forgotten"] == [0]
