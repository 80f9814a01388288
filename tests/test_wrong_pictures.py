"""What a lock file says is another picture: out of its label, out of what is published, retried."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import winnow
from harvest.ledger.lockfile import read_lock
from harvest.sandbox.decay import Decay, Fate
from harvest.sandbox.server import running_sandbox
from harvest.sandbox.world import World

DECAY = Decay(5, seed=3)
MOST = {Fate.SAME: 5, Fate.REPLACED: 4, Fate.PLACEHOLDER: 6}


def chosen() -> list[str]:
    """A few addresses of each fate that matters here."""
    found: dict[Fate, list[str]] = {fate: [] for fate in MOST}
    for path in (f"/media/{n:04}.jpg" for n in range(300)):
        fate = DECAY.fate(path)
        if fate in MOST and len(found[fate]) < MOST[fate]:
            found[fate].append(path)
    return [path for paths in found.values() for path in paths]


PATHS = chosen()


@pytest.fixture
def call(tmp_path: Path, monkeypatch, capsys) -> Callable[..., tuple[str, str]]:
    """Run a command in the test's folder; returns what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[str, str]:
        code = winnow.main(list(words))
        said = capsys.readouterr()
        assert code == 0, said.err
        return said.out, said.err

    return run


def below(folder: str) -> set[str]:
    return {path.name for path in Path("later/images", folder).glob("*") if path.is_file()}


def test_the_whole_way(call, tmp_path: Path) -> None:
    """Wrong pictures leave their label at once, are set aside by name by a check, stay where a
    person puts them, are in no export, and are asked for again on demand."""
    log = tmp_path / "urls_comic.log"
    log.write_text("".join(f"http://pictures.example{path}\n" for path in PATHS))
    with running_sandbox(World.build(pictures=1), answer_all=True) as young:
        call("harvest", "urls", "urls_comic.log", "-o", "first", "--sandbox", young.url)
    again = ["harvest", "urls", "urls_comic.log", "-o", "later", "--lock", "first/first.lock.csv"]
    with running_sandbox(World.build(pictures=1), decay=DECAY) as aged:
        _, told = call(*again, "--sandbox", aged.url)
        unsorted = below("_unsorted")
        _, same = call(*again, "--sandbox", aged.url)
    with Path("later/reports/attrition.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    wrong = {row["url"]: row["picture"] for row in rows if row["category"] != "same bytes"}
    url, start = next((r["url"], r["picture"]) for r in rows if r["category"] == "replaced")
    kept = next(name for name in unsorted if start in name)
    Path("later/images/_unsorted", kept).rename(Path("later/images/comic", kept))
    call("curate", "check", "later")
    aside = below("_rejected/replaced"), below("_rejected/placeholder")
    call("curate", "export", "later", "-o", "published")
    locked = {line.url for line in read_lock(next(Path("published").glob("*.lock.csv")))}
    with running_sandbox(World.build(pictures=1), answer_all=True) as young:
        only = ("--only", "replaced,placeholder", "--sandbox", young.url)
        plan, _ = call("harvest", "retry", "later", *only, "--plan", "--json")
        call("harvest", "retry", "later", *only)
        out, right = call(*again, "--json", "--sandbox", young.url)
    call("curate", "check", "later")
    still = below("_rejected/replaced") | below("_rejected/placeholder")
    labelled = below("comic") | below("_rejected/near_duplicate")

    assert len(PATHS) == sum(MOST.values())
    assert len(unsorted) == MOST[Fate.REPLACED] + 1
    assert "NOT THE PUBLISHED ONES: 5 pictures (1 placeholder, 4 replaced), in images/" in told
    assert "`winnow curate check later` sets them aside" in told
    assert "NOT THE PUBLISHED ONES: 5 pictures" in same
    assert aside[0] | aside[1] == unsorted - {kept}
    assert (len(aside[0]), len(aside[1])) == (3, 1)
    assert locked & wrong.keys() == {url}
    assert json.loads(plan)["pictures"] == len(wrong) == 10
    assert json.loads(out)["attrition"]["categories"]["same bytes"] == len(PATHS)
    assert "NOT THE PUBLISHED ONES" not in right
    assert still == unsorted - {kept}
    assert len(labelled) == len(PATHS) + 1
