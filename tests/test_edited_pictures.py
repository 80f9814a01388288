"""A picture edited through its link: kept as one of its own, its original fetched again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import winnow
from harvest.ledger.folder import DatasetFolder
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One account with three pictures."""
    ada = FeedPlan(name="ada", styles={"inkwell": 1}, pictures=3, chatter=0)
    with running_sandbox(World.planned(WorldPlan(accounts=(ada,), specials=False))) as running:
        yield running


def answer(capsys, *words: str) -> dict:
    capsys.readouterr()
    assert winnow.main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def edit(file: Path) -> None:
    """Turn it, and save it under its name, in place: all its links change."""
    with Image.open(file) as picture:
        turned = picture.transpose(Image.Transpose.ROTATE_90)
    file.chmod(0o644)
    with file.open("r+b") as stream:
        stream.truncate()
        turned.save(stream, "PNG")


def test_the_way_of_an_edited_picture(tmp_path: Path, sandbox: Sandbox, capsys) -> None:
    """The copy stays with its author's name, raw/ is whole after a harvest, undo has both."""
    get = ("harvest", "get", "twitter:ada", "-o", str(tmp_path / "set"), "--label", "comic")
    get = (*get, "--sandbox", sandbox.url)
    assert winnow.main([*get]) == 0
    folder = DatasetFolder(tmp_path / "set")
    root = str(folder.root)
    shown = sorted((folder.images / "comic").iterdir())
    original = {path.name: path.read_bytes() for path in shown}
    (raw,) = (p for p in folder.raw.glob("??/*") if p.samefile(shown[0]))
    edit(shown[0])
    found = answer(capsys, "curate", "sync", root)
    gone = raw.exists()
    ((new, old),) = found["edited"].items()
    told = [line["words"] for line in answer(capsys, "curate", "log", root, new[:9])["lines"]]
    assert winnow.main([*get]) == 0
    after = answer(capsys, "curate", "sync", root)
    answer(capsys, "curate", "undo", root, "--to", "0")
    back = {path.name: path.read_bytes() for path in (folder.images / "comic").iterdir()}
    kept = list(folder.raw.glob(f"??/{new}.*"))
    taken_out = winnow.main(["harvest", "forget", root, "twitter:ada"])

    assert (found["edited_raw"], found["taken_in"], found["removed"]) == ([old], 1, 0)
    assert (raw.stem, gone) == (old, False)
    assert any("by ada" in line for line in told)
    assert any(f"edited from {old[:8]}" in line for line in told)
    assert after["missing_raw"] == after["changed_raw"] == []
    assert back == original
    assert len(kept) == 1
    assert taken_out == 0
    assert not list(folder.raw.glob("??/*"))
