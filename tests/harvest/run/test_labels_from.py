"""Labels by tag and by account, through whole runs: folders, logs, changes of mind."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harvest.cli.words import group
from harvest.guard.session import Outside
from harvest.ledger.errors import SettingsError
from harvest.ledger.records import Target
from harvest.ledger.settings import load_settings
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import sandbox_keys
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

LABELS = ("comic", "no_comic")


def feed(name: str, *tags: str) -> FeedPlan:
    return FeedPlan(
        name=name, styles={"bulk": 1}, pictures=3, chatter=0, tags=tags, stray_tags=False
    )


@pytest.fixture(scope="module")
def world() -> World:
    """Three blogs under one tag: a comic's, one that is none, and one that is both."""
    blogs = (feed("Ink", "art", "Comic"), feed("sea", "art", "no comic"))
    both = feed("mixed", "art", "comic", "no-comic")
    return World.planned(WorldPlan(blogs=(*blogs, both), specials=False))


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox, still) -> Job:
    """The tag that all three share."""
    return Job(
        dataset=tmp_path / "set",
        targets=(Target("tumblr", "art", label_from="tag", labels=LABELS),),
        keys=sandbox_keys(),
        outside=Outside(sandbox_endpoints(sandbox.url)),
        clock=still.clock,
    )


def folders(dataset: Path) -> dict[str, int]:
    found = Counter(path.parent.name for path in (dataset / "images").rglob("*") if path.is_file())
    return dict(found)


async def test_a_tag_is_the_label(gather, job: Job) -> None:
    """Each picture lies in the folder of its tag; two labels leave it to a person, who is told."""
    _, summary = await gather(job)
    log = (job.dataset / "urls/urls_tumblr_art.log").read_text().splitlines()

    assert folders(job.dataset) == {"comic": 3, "no_comic": 3, "_unsorted": 3}
    assert len(log) == 9
    assert [note for note in summary.notes if "a person decides" in note] == [
        "tumblr:art: tags of 3 pictures name several of comic, no_comic; a person decides"
    ]


async def test_who_posted_it_is_the_label(gather, job: Job) -> None:
    """One folder an account."""
    target = Target("tumblr", "art", label_from="account")
    await gather(replace(job, targets=(target,)))

    assert folders(job.dataset) == {"ink": 3, "sea": 3, "mixed": 3}


async def test_a_change_of_mind_moves_what_is_there(gather, job: Job, sandbox: Sandbox) -> None:
    """Other settings on a later run: pictures move, and none is asked for again."""
    await gather(job)
    pages = len([line for line in sandbox.requests if "/v2/" in line])
    sandbox.requests.clear()
    await gather(replace(job, targets=(Target("tumblr", "art", label_from="account"),)))
    asked = list(sandbox.requests)

    assert folders(job.dataset) == {"ink": 3, "sea": 3, "mixed": 3}
    assert len(asked) == 1 < pages
    assert "/v2/tagged" in asked[0]


async def test_a_persons_move_outranks_a_change(gather, job: Job) -> None:
    """A picture that was moved by hand stays where it was put."""
    await gather(job)
    mine = next((job.dataset / "images/_unsorted").iterdir())
    moved = mine.rename(job.dataset / "images/comic" / mine.name)
    await gather(replace(job, targets=(Target("tumblr", "art", label_from="account"),)))

    assert moved.exists()
    assert sum(folders(job.dataset).values()) == 9


def test_settings_say_what_is_missing(tmp_path: Path) -> None:
    """`label_from: tag` without `labels:` names file, line and key to add."""
    path = tmp_path / "c.yaml"
    path.write_text("dataset: x\ntargets:\n  - tumblr: art\n    label_from: tag\n")
    with pytest.raises(SettingsError, match=r"c\.yaml:3.*tumblr:art.*list them in `labels:`"):
        load_settings(path)
    path.write_text(path.read_text() + "labels: [comic, no_comic]\n")

    assert load_settings(path).targets[0].labels == LABELS


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--label", "art"), {"art": 9}),
        (("--label-from", "account"), {"ink": 3, "sea": 3, "mixed": 3}),
        (
            ("--label-from", "tag", "--labels", "comic, no_comic"),
            {"comic": 3, "no_comic": 3, "_unsorted": 3},
        ),
    ],
)
def test_the_command_line_says_it_too(
    world: World, tmp_path: Path, options: tuple[str, ...], wanted: dict[str, int]
) -> None:
    """`harvest get` takes a label, or where it comes from."""
    with running_sandbox(world) as sandbox:
        words = ["get", "tumblr:art", "-o", str(tmp_path / "set"), "--sandbox", sandbox.url]
        done = CliRunner().invoke(group, [*words, *options], catch_exceptions=False)

    assert done.exit_code == 0
    assert folders(tmp_path / "set") == wanted


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--label-from", "tag"), "labels"),
        (("--label", "_own"), "_own"),
        (("--label-from", "tag", "--labels", "a/b"), "a/b"),
    ],
)
def test_what_is_no_label_is_refused(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    """Before anything is asked or made."""
    done = CliRunner().invoke(group, ["get", "tumblr:art", "-o", str(tmp_path / "set"), *options])

    assert words in str(done.exception)
    assert not (tmp_path / "set").exists()
