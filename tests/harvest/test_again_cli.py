"""`retry` and `sweep` as a user has them: processes, exit codes, lists, kills."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harvest.sandbox.aging import Years, age
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World
from winnow import main

PLANT = {"missing": 2, "html": 3}


@pytest.fixture(scope="module")
def world() -> World:
    """A small account and a blog, some pictures broken."""
    return World.build(pictures=30, blog="inkblog", plant=PLANT, per_post=2, size=(96, 128))


@pytest.fixture(scope="module")
def young(world: World) -> Iterator[Sandbox]:
    """The world as it was harvested."""
    with running_sandbox(world) as running:
        yield running


@pytest.fixture(scope="module")
def old(world: World) -> Iterator[Sandbox]:
    """The world some years later."""
    with running_sandbox(age(world, Years(deleted=0.3, withheld=0.2))) as running:
        yield running


@dataclass
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def winnow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run `winnow harvest …` in the test's folder, without credentials."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("TWITTER", "TUMBLR", "WINNOW"))]:
        monkeypatch.delenv(name)

    def run(*words: object) -> Done:
        capsys.readouterr()
        code = main(["harvest", *map(str, words)])
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return run


def test_the_list_is_what_forget_takes(
    winnow, young: Sandbox, old: Sandbox, tmp_path: Path
) -> None:
    """A sweep's list, given to `forget` as it is, takes out exactly what is deleted."""
    winnow("get", "twitter:ada_artist", "-o", "set", "--sandbox", young.url)
    plan = winnow("sweep", "set", "--plan", "--json", "--sandbox", old.url)
    asked = len(old.requests)
    done = winnow("sweep", "set", "--json", "--sandbox", old.url)
    told = json.loads(done.stdout)
    counts = told["targets"]["twitter:ada_artist"]
    listed = [line for line in done.stderr.splitlines() if "--from" in line]
    deleted = (tmp_path / "set/reports/deleted.txt").read_text().splitlines()
    forgotten = winnow("forget", "set", "--from", "set/reports/deleted.txt", "--json")
    after = json.loads(winnow("sweep", "set", "--json", "--sandbox", old.url).stdout)

    assert asked == 0
    assert done.returncode == 0, done.stderr
    assert told["spent"]["dollars"] < json.loads(plan.stdout)["dollars"]
    assert len(listed) == 2
    assert "winnow harvest forget set --from set/reports/deleted.txt" in listed[0]
    assert all(line.startswith(("# ", "https://x.com/ada_artist/status/")) for line in deleted)
    assert json.loads(forgotten.stdout)["pictures"] == counts["deleted"] > 2
    assert after["targets"]["twitter:ada_artist"] == {
        word: n for word, n in counts.items() if word != "deleted"
    }
    assert counts["hidden"]
    assert not (tmp_path / "set/reports/deleted.txt").exists()
    assert (tmp_path / "set/reports/hidden.txt").exists()


def test_forget_at_once(winnow, young: Sandbox, old: Sandbox, tmp_path: Path) -> None:
    """`--forget` takes out what is deleted, and only so; without it nothing is touched."""
    winnow("get", "tumblr:inkblog/", "-o", "set", "--sandbox", young.url)
    files = sorted((tmp_path / "set/raw").rglob("*.jpg"))
    winnow("sweep", "set", "--sandbox", old.url)
    left = sorted((tmp_path / "set/raw").rglob("*.jpg"))
    done = winnow("sweep", "set", "--sandbox", old.url, "--forget")
    stones = json.loads(winnow("forget", "set", "--list", "--json").stdout)

    assert left == files
    assert done.returncode == 0, done.stderr
    taken = len(files) - len(sorted((tmp_path / "set/raw").rglob("*.jpg")))
    assert f"taken out: {taken} pictures" in done.stdout
    assert taken > 3
    assert {stone["why"] for stone in stones} == {"deleted where it came from"}


def test_killed_and_begun_again(winnow, young: Sandbox, world: World, tmp_path: Path) -> None:
    """After kills the same command ends as one never killed; each kill costs one question."""
    winnow("get", "tumblr:inkblog/", "-o", "set", "--sandbox", young.url)
    with running_sandbox(age(world, Years(deleted=0.3)), latency=0.02) as slow:
        words = [sys.executable, "-m", "winnow", "harvest", "sweep", "set"]
        words += ["--sandbox", slow.url]
        kills = 0
        for wanted in (4, 9):
            going = subprocess.Popen(
                words, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            while going.poll() is None and len(slow.requests) < wanted:
                time.sleep(0.002)
            kills += going.poll() is None
            going.kill()
            going.wait()
        done = winnow("sweep", "set", "--json", "--sandbox", slow.url)
        asked = Counter(line for line in slow.requests if "id=" in line)
        posts = {t.post_id for t in world.truth() if "tumblr:inkblog/" in t.targets}

    assert kills == 2
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["targets"]["tumblr:inkblog/"].keys() == {"stands", "deleted"}
    assert sum(n - 1 for n in asked.values()) <= kills
    assert 4 < len(asked) <= len(posts)


def test_retry_by_reason(winnow, young: Sandbox, tmp_path: Path) -> None:
    """`--only` names reasons and families; what is gone or refused is asked for only so."""
    winnow("get", "twitter:ada_artist", "-o", "set", "--sandbox", young.url)
    young.requests.clear()
    plain = winnow("retry", "set", "--plan", "--json", "--sandbox", young.url)
    gone = winnow("retry", "set", "--plan", "--json", "--only", "gone", "--sandbox", young.url)
    both = winnow("retry", "set", "--only", "404, not_an_image", "--sandbox", young.url, "--json")
    unknown = winnow("retry", "set", "--only", "6xx")
    none = winnow("retry", "set", "--only", "timeout,5xx,429", "--sandbox", young.url, "--plan")

    assert json.loads(plain.stdout) == {"pictures": 0, "targets": []}
    assert json.loads(gone.stdout)["targets"] == [
        {"target": "twitter:ada_artist", "status": "gone", "reason": "http_404", "count": 2}
    ]
    assert json.loads(both.stdout)["total"] | {"known": 0} == {
        "seen": 5, "saved": 0, "same_bytes": 0, "known": 0, "refused": 3, "gone": 2, "failed": 0,
    }  # fmt: skip
    assert unknown.returncode == 2
    assert "wanted network" in unknown.stderr
    assert "here are http_404, not_an_image" in unknown.stderr
    assert len(unknown.stderr.splitlines()) == 1
    assert "not among them: http_404, not_an_image" in none.stderr
    assert not [line for line in young.requests if "/2/" in line]


def test_sweep_says_what_is_wrong(winnow, young: Sandbox, tmp_path: Path) -> None:
    """Unknown targets, no data set, options that exclude each other: one line, exit code 2."""
    winnow("get", "tumblr:inkblog/", "-o", "set", "--sandbox", young.url)
    cases = {
        ("set", "--only", "tumblr:other/"): "there are tumblr:inkblog/",
        ("nowhere",): "no such folder",
        ("set", "--again", "--older-than", "3"): "choose one",
        ("set", "--plan", "--forget"): "nothing to --forget",
    }
    for words, said in cases.items():
        done = winnow("sweep", *words)

        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_status_tells_when_to_go_on(winnow, young: Sandbox, old: Sandbox, tmp_path: Path) -> None:
    """How far targets have come, what waits and until when, what it cost, what a sweep found."""
    names = ("twitter:ada_artist", "twitter:capped_cora", "mastodon:mastodon.example/@throttled")
    words = ("get", *names, "-o", "set", "--sandbox", young.url, "--max-wait", "0")
    assert winnow(*words).returncode == 4
    winnow("sweep", "set", "--sandbox", old.url, "--only", "twitter:ADA_artist")
    told = json.loads(winnow("status", "set", "--json").stdout)
    walks = {one["target"]: one for one in told["walks"]}
    shown = winnow("status", "set").stdout

    assert walks["twitter:ada_artist"]["walk"] == "whole"
    assert walks["twitter:ada_artist"]["oldest"] < walks["twitter:ada_artist"]["newest"]
    assert walks["twitter:ada_artist"]["next_run"] is None
    assert walks["twitter:capped_cora"]["walk"] == "goes on"
    assert "monthly cap" in walks["twitter:capped_cora"]["waits_because"]
    waits = {one["what"]: one["until"] for one in told["waits"]}
    assert waits["twitter:capped_cora"] is None
    assert waits["mastodon:mastodon.example/@throttled"] > "2026"
    assert told["spent_usd"] > walks["twitter:ada_artist"]["dollars"] > 0
    assert told["journal"]["pages"] > 3
    assert {one["stand"] for one in told["sweep"]["targets"]} >= {"stands", "deleted"}
    assert "waits: twitter:capped_cora: the X API's monthly cap" in shown
    assert "last sweep" in shown
