"""Plans, budgets and sizes as a user has them, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

Result = subprocess.CompletedProcess[str]
CONFIG = """\
dataset: ./set
targets:
  - twitter: [ada_artist, islieb]
  - tumblr: {blog: inkblog}
budget_usd: 0.05
prices: {twitter: {post: 0.004, user: 0.02}}
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A small world, some of its originals missing."""
    world = World.build(pictures=12, blog="inkblog", styles={"inkling": 1}, size=(96, 128))
    with running_sandbox(world) as running:
        yield running


@pytest.fixture
def winnow(tmp_path: Path) -> Callable[..., Result]:
    """Run `winnow harvest …` in the test's folder, without credentials."""

    def run(*words: object) -> Result:
        return subprocess.run(
            [sys.executable, "-m", "winnow", "harvest", *map(str, words)],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_plan_without_keys(winnow, tmp_path: Path) -> None:
    """A table, the total, the prices' day and page; no folder is made, no key is needed."""
    (tmp_path / "c.yaml").write_text(CONFIG)
    done = winnow("run", "c.yaml", "--plan")
    table = [line.split() for line in done.stdout.splitlines()]

    assert done.returncode == 0, done.stderr
    assert ["twitter:ada_artist", "first", "800", "9", "$3.22", "?"] in table
    assert ["tumblr:inkblog/", "first", "?", "?", "$0.00", "$0.00"] in table
    assert ["all", "1600+?", "18+?", "$6.44", "?"] in table
    assert "budget of $0.05" in done.stdout
    assert "https://docs.x.com/" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]


def test_plan_of_names(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """`get --plan --json` is one object on stdout; nothing reaches the API."""
    words = ("get", "twitter:ada_artist", "-o", "set", "--sandbox", sandbox.url)
    done = winnow(*words, "--plan", "--json", "--budget-usd", 2)
    plan = json.loads(done.stdout)

    assert (plan["dollars"], plan["budget_usd"]) == (4.01, 2.0)
    assert plan["targets"][0]["posts"] == 800
    assert plan["prices"] == {"twitter": {"post": 0.005, "user": 0.01}}
    assert len(sandbox.requests) == 0
    assert not (tmp_path / "set").exists()


def test_budget_of_the_settings(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """The run stops below it with exit code 4; the command line's budget wins over it."""
    (tmp_path / "c.yaml").write_text(CONFIG)
    words = ("run", "c.yaml", "--sandbox", sandbox.url, "--json")
    first = winnow(*words)
    spent = json.loads(first.stdout)["spent"]
    second = winnow(*words, "--budget-usd", 3)

    assert first.returncode == 4
    assert "Traceback" not in first.stderr
    assert "spent $0.0" in first.stderr
    assert "--budget-usd" in first.stderr.splitlines()[-1]
    assert 0 < spent["dollars"] == round(spent["posts"] * 0.004 + spent["users"] * 0.02, 6) <= 0.05
    assert spent["targets"]["twitter:ada_artist"]["posts"] == spent["posts"]
    assert second.returncode == 0, second.stderr
    both = spent["posts"] + json.loads(second.stdout)["spent"]["posts"]
    assert both == sandbox.served["posts"]


@pytest.mark.parametrize("amount", ["-1", "nan", "inf", "much"])
def test_amounts_that_are_none(winnow, tmp_path: Path, amount: str) -> None:
    """Exit code 2 and no run."""
    done = winnow("get", "ada_artist", "-o", "set", "--budget-usd", amount)

    assert done.returncode == 2
    assert "--budget-usd" in done.stderr
    assert not (tmp_path / "set").exists()


def test_status_counts_sizes(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """Which rung of the size ladder gave the pictures, in the table and as JSON."""
    winnow("get", "twitter:ada_artist", "-o", "set", "--sandbox", sandbox.url)
    table, record = winnow("status", "set").stdout, winnow("status", "set", "--json").stdout
    flaws = Counter(
        medium.picture.flaw
        for post in sandbox.world.accounts["ada_artist"].posts
        for medium in post.photos
    )

    assert flaws["no_orig"]
    assert json.loads(record)["sizes"] == {"orig": flaws[""], "4096x4096": flaws["no_orig"]}
    assert f"sizes: orig {flaws['']}, 4096x4096 {flaws['no_orig']}" in table
