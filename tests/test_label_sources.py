"""Labels from tags, accounts and sub-folders: the whole way from harvest to curation."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import winnow
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World


def feed(name: str, *tags: str) -> FeedPlan:
    return FeedPlan(
        name=name, styles={"inkwell": 1}, pictures=3, chatter=0, tags=tags, stray_tags=False
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Three blogs under one tag: a comic's, one that is none, and one that says both."""
    blogs = (feed("ink", "art", "Comic"), feed("sea", "art", "no comic"))
    both = feed("mixed", "art", "comic", "no-comic")
    with running_sandbox(World.planned(WorldPlan(blogs=(*blogs, both), specials=False))) as running:
        yield running


def curated(capsys, *words: str) -> dict:
    capsys.readouterr()
    assert winnow.main(["curate", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def gathered(folder: Path, sandbox: Sandbox, target: str) -> str:
    config = folder / "c.yaml"
    config.write_text(f"dataset: {folder}/set\nlabels: [comic, no_comic]\ntargets:\n{target}")
    assert winnow.main(["harvest", "run", str(config), "--sandbox", sandbox.url]) == 0
    return str(folder / "set")


def test_tags_that_disagree_are_a_conflict(tmp_path, sandbox, capsys) -> None:
    """Unsorted, recorded as a conflict, in the target's log and out of all labels' until moved."""
    target = "  - tumblr: {tag: art}\n    label_from: tag\n"
    dataset = Path(gathered(tmp_path, sandbox, target))
    found = curated(capsys, "sync", str(dataset))
    unsorted = sorted((dataset / "images/_unsorted").iterdir())
    for file in unsorted:
        file.rename(dataset / "images/comic" / file.name)
    settled = curated(capsys, "sync", str(dataset))
    log = (dataset / "urls/urls_tumblr_art.log").read_text().splitlines()

    assert found["folders"] == {"_unsorted": 3, "comic": 3, "no_comic": 3}
    assert set(found["conflicts"].values()) == {"tumblr:art says comic, tumblr:art says no_comic"}
    assert sorted(s[:8] for s in found["conflicts"]) == sorted(p.stem[-8:] for p in unsorted)
    assert (settled["conflicts"], settled["labelled"]) == ({}, 3)
    assert len(log) == 9


def test_two_tags_of_two_labels_are_a_conflict_in_both_logs(tmp_path, sandbox, capsys) -> None:
    """What two targets label differently is unsorted, a conflict, and stands in either log."""
    target = "".join(
        f"  - tumblr: {{tag: {tag}}}\n    label: {label}\n"
        for tag, label in (("art", "no_comic"), ("comic", "comic"))
    )
    dataset = Path(gathered(tmp_path, sandbox, target))
    found = curated(capsys, "check", str(dataset))["sync"]
    logs = [
        set((dataset / f"urls/urls_tumblr_{t}.log").read_text().split()) for t in ("art", "comic")
    ]

    assert len(found["conflicts"]) == len(logs[0] & logs[1]) == 6
    assert {"tumblr:comic says comic, tumblr:art says no_comic"} == set(found["conflicts"].values())
    assert len(list((dataset / "images/_unsorted").iterdir())) == 6


def test_accounts_and_sub_folders_are_labels(tmp_path, sandbox, capsys) -> None:
    """`account` and `folder` bring labels that sync finds; a file in two sub-folders has none."""
    pictures = tmp_path / "pictures"
    for n, name in enumerate(("comic", "photo")):
        (pictures / name).mkdir(parents=True)
        noise = random.Random(n).randbytes(80 * 80 * 3)
        Image.frombytes("RGB", (80, 80), noise).save(pictures / name / f"{n}.png")
    shutil.copy(pictures / "comic/0.png", pictures / "photo/the same.png")
    by_account = "  - tumblr: {tag: art}\n    label_from: account\n"
    by_folder = f"  - folder: {pictures}\n    label_from: folder\n"
    found = curated(capsys, "sync", gathered(tmp_path, sandbox, by_account + by_folder))

    assert found["folders"] == {"_unsorted": 1, "ink": 3, "mixed": 3, "photo": 1, "sea": 3}


def test_the_same_bytes_in_two_label_folders_are_a_conflict(tmp_path, sandbox, capsys) -> None:
    """Said by the harvest, shown by sync with its name; gone once one of the files is."""
    pictures = tmp_path / "con"
    for label in ("comic", "no_comic"):
        (pictures / label).mkdir(parents=True)
        Image.effect_noise((200, 200), 90).convert("RGB").save(pictures / label / f"{label}.png")
    shutil.copyfile(pictures / "comic/comic.png", pictures / "no_comic/again.png")
    target = f"  - folder: {pictures}\n    label_from: folder\n"
    dataset = gathered(tmp_path, sandbox, target)
    said = capsys.readouterr()
    found = curated(capsys, "sync", dataset)
    gathered(tmp_path, sandbox, target)
    same = curated(capsys, "sync", dataset)
    (pictures / "no_comic/again.png").unlink()
    gathered(tmp_path, sandbox, target)
    later = capsys.readouterr()
    settled = curated(capsys, "sync", dataset)

    assert "several labels" not in later.err + later.out
    assert "in sub-folders of several labels: 1 picture;" in said.err + said.out
    assert "same_bytes" in said.err + said.out
    (why,) = found["conflicts"].values()
    assert why.endswith(f"folder:{pictures} says comic, folder:{pictures} says no_comic")
    assert why.startswith("comic/comic.png: ")
    assert same["conflicts"] == found["conflicts"]
    assert settled["conflicts"] == {}
