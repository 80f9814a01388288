"""What people name on the command line: pasted addresses, lock files for logs, missing pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harvest.cli.words import group
from harvest.ledger.errors import UsageError
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """An account whose pictures are partly torn, partly no pictures, partly gone."""
    plant = {"truncated": 1, "html": 2, "missing": 1}
    plan = FeedPlan(
        name="ada_artist", styles={"bulk": 1}, pictures=3, plant=plant, size=(48, 64), chatter=0
    )
    with running_sandbox(World.planned(WorldPlan(accounts=(plan,), specials=False))) as running:
        yield running


def winnow(*words: object) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words])


def test_a_pasted_address(sandbox: Sandbox, tmp_path: Path) -> None:
    """It is gathered as the target that it stands for, and that is told."""
    words = ("--sandbox", sandbox.url, "--json")
    done = winnow("get", "https://x.com/ada_artist?s=20", "-o", tmp_path / "set", *words)
    config = tmp_path / "c.yaml"
    config.write_text(f"dataset: {tmp_path}/set\ntargets:\n  - https://twitter.com/ada_artist/\n")
    again = winnow("run", config, "--only", "x.com/ada_artist", *words)

    assert "taken as twitter:ada_artist" in done.stderr
    for result in (done, again):
        assert list(json.loads(result.stdout)["targets"]) == ["twitter:ada_artist"]


def test_which_pictures_are_missing(sandbox: Sandbox, tmp_path: Path) -> None:
    """The summary names the command; the command names each picture, for eyes and for programs."""
    dataset = tmp_path / "a set"
    done = winnow("get", "ada_artist", "-o", dataset, "--sandbox", sandbox.url)
    named = f"winnow harvest status '{dataset}' --list failed --list gone --list refused"
    failed = winnow("status", dataset, "--list", "failed").stdout.splitlines()
    every = winnow("status", dataset, "--list", "all", "--json").stdout.splitlines()
    two = winnow("status", dataset, "--list", "gone", "--list", "refused").stdout.splitlines()
    records = [json.loads(line) for line in every]

    assert f"which ones: {named}" in done.stderr
    assert [line.split("\t")[:3] for line in failed] == [
        ["twitter:ada_artist", "failed", "truncated"]
    ]
    assert failed[0].split("\t")[3].startswith("https://pbs.twimg.com/media/")
    assert len(failed[0].split("\t")) == 5
    assert sorted(r["status"] for r in records) == ["failed", "gone", "refused", "refused"]
    assert all(r["address"] and r["reason"] and r["post_url"] for r in records)
    assert len(two) == 3


def test_strangers_control_nothing(tmp_path: Path) -> None:
    """A line of a log may hold anything; the terminal gets what can be printed."""
    (tmp_path / "urls_a.log").write_bytes(b"no address \x1b[31m\tx\n")
    winnow("urls", tmp_path / "urls_a.log", "-o", tmp_path / "set")
    (line,) = winnow("status", tmp_path / "set", "--list", "refused").stdout.splitlines()

    assert line.split("\t")[3] == r"no address \x1b[31m\tx"
    assert line.replace("\t", "").isprintable()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "'=1"])
def test_strangers_run_nothing(tmp_path: Path, text: str) -> None:
    """A line that a spreadsheet would run is told with a quote in front of it."""
    (tmp_path / "urls_a.log").write_text(f"{text}\n")
    winnow("urls", tmp_path / "urls_a.log", "-o", tmp_path / "set")
    (line,) = winnow("status", tmp_path / "set", "--list", "refused").stdout.splitlines()

    assert line.split("\t")[3] == f"'{text}"


def test_nothing_is_missing_yet(tmp_path: Path) -> None:
    """No data set is exit code 2; an unknown word is told."""
    none = winnow("status", tmp_path / "set", "--list", "failed")
    word = winnow("status", tmp_path / "set", "--list", "saved")

    assert isinstance(none.exception, UsageError)
    assert word.exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("urls", "six.csv"), "six.csv: no such file"),
        (("get", "https://x.com/a/status/1"), "no target can be made of"),
        (("get", "tumblr:a", "--label", "x", "--label-from", "account"), "keep label"),
        (("get", "tumblr:a", "--label-from", "folder"), "tumblr has no sub-folders"),
    ],
)
def test_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    """One line that says what to write instead; no data set, no request."""
    monkeypatch.chdir(tmp_path)
    done = winnow(*words, "-o", "set")

    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert not Path("set").exists()
