"""Copies by label: nothing is overwritten, nothing comes twice, a killed run goes on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classify.copies import SortedFolder, copy_renamed, folder_names
from classify.embed import Fault
from classify.predict import Prediction

LABELS = ("comic", "no comic")


def _answer(path: Path, label: int = 0) -> Prediction:
    probabilities = np.full(len(LABELS), 0.1, np.float32)
    probabilities[label] = 0.9
    return Prediction(path, LABELS, probabilities)


def _file(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _tree(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("move", [False, True])
def test_pictures_are_sorted_by_label_under_their_names(tmp_path: Path, move: bool) -> None:
    """What is not believed goes to _unsorted; the originals stay, unless they are moved."""
    sources = [_file(tmp_path / "in" / f"{name}.jpg", name) for name in "abc"]
    folder = SortedFolder(tmp_path / "out", LABELS, move=move)

    for source, label, believed in zip(sources, (0, 1, 1), (True, True, False), strict=True):
        folder.place(_answer(source, label), believed=believed)

    assert _tree(tmp_path / "out") == {
        "comic/a.jpg": "a", "no comic/b.jpg": "b", "_unsorted/c.jpg": "c",
    }  # fmt: skip
    assert [source.exists() for source in sources] == [not move] * 3


@pytest.mark.parametrize("move", [False, True])
def test_what_is_there_is_never_overwritten(tmp_path: Path, move: bool) -> None:
    """Another picture of one name gets a part of its sha256; the same one comes once."""
    folder = SortedFolder(tmp_path / "out", LABELS, move=move)
    for i, text in enumerate(("one", "two", "one", "three", "two")):
        source = _file(tmp_path / str(i) / "x.jpg", text)
        folder.place(_answer(source), believed=True)

    found = _tree(tmp_path / "out" / "comic")

    assert found.pop("x.jpg") == "one"
    assert sorted(found.values()) == ["three", "two"]
    assert all(name.startswith("x-") and name.endswith(".jpg") for name in found)
    assert len(list(tmp_path.glob("[0-9]/x.jpg"))) == (0 if move else 5)


def test_the_same_run_again_changes_nothing(tmp_path: Path) -> None:
    """Also where a kill left a part, or the picture had two names before it had one."""
    sources = [_file(tmp_path / str(i) / "x.jpg", str(i)) for i in range(3)]
    out = tmp_path / "out"
    for source in sources:
        SortedFolder(out, LABELS).place(_answer(source), believed=True)
    before = _tree(out)

    for source in sources:
        SortedFolder(out, LABELS, move=source is sources[0]).place(_answer(source), believed=True)

    assert _tree(out) == before
    assert [source.exists() for source in sources] == [False, True, True]


def test_a_picture_in_its_place_is_left_there(tmp_path: Path) -> None:
    """Sorting a sorted folder into itself moves what is elsewhere, and deletes nothing."""
    out = tmp_path / "out"
    stays = _file(out / "comic" / "a.jpg", "a")
    goes = _file(out / "_unsorted" / "b.jpg", "b")
    folder = SortedFolder(out, LABELS, move=True)

    for path in (stays, goes):
        folder.place(_answer(path), believed=True)

    assert _tree(out) == {"comic/a.jpg": "a", "comic/b.jpg": "b"}


def test_a_link_is_copied_as_the_picture_it_leads_to(tmp_path: Path) -> None:
    """And moving it takes the link away, not the picture."""
    picture = _file(tmp_path / "real.jpg", "real")
    link = tmp_path / "in" / "link.jpg"
    link.parent.mkdir()
    link.symlink_to(picture)

    SortedFolder(tmp_path / "out", LABELS, move=True).place(_answer(link), believed=True)

    assert _tree(tmp_path / "out") == {"comic/link.jpg": "real"}
    assert not (tmp_path / "out" / "comic" / "link.jpg").is_symlink()
    assert picture.exists()
    assert not link.is_symlink()


def test_a_file_system_without_links_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are taken whole there too, and nothing is overwritten."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    folder = SortedFolder(tmp_path / "out", LABELS, move=True)
    for i in range(2):
        folder.place(_answer(_file(tmp_path / str(i) / "x.jpg", str(i))), believed=True)

    assert sorted(_tree(tmp_path / "out").values()) == ["0", "1"]
    assert not list(tmp_path.glob("[0-9]/*"))


def test_a_picture_that_has_gone_is_a_fault(tmp_path: Path) -> None:
    """Between the answer and the copy; it stops nothing."""
    gone = SortedFolder(tmp_path / "out", LABELS).place(_answer(tmp_path / "a"), believed=True)
    renamed = copy_renamed(_answer(tmp_path / "a"), tmp_path / "out")

    assert isinstance(gone, Fault)
    assert isinstance(renamed, Fault)
    assert _tree(tmp_path / "out") == {}


def test_a_folder_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    """No other picture would fare better."""
    _file(tmp_path / "out" / "comic", "a file in the way")

    with pytest.raises(OSError, match="comic"):
        SortedFolder(tmp_path / "out", LABELS).place(
            _answer(_file(tmp_path / "a.jpg", "a")), believed=True
        )


def test_labels_of_others_lead_nowhere() -> None:
    """Each has a folder of its own, inside; a label that can be a folder's name is it."""
    labels = ("comic", "漫画 ≥", "../../evil", "..", "", "_unsorted", ".git", "Comic", "a/b", "a_b")

    names = folder_names(labels)

    assert names[:2] == ["comic", "漫画 ≥"]
    assert len({name.casefold() for name in names}) == len(labels)
    assert all("/" not in name and name[0] not in "._" for name in names)
    assert all(len(name.encode()) < 250 for name in folder_names(["ä" * 300, "b" * 300]))


def test_renamed_copies_never_overwrite(tmp_path: Path) -> None:
    """`<label>-<score>.<true extension>`; another picture of that name gets one of its own."""
    out = tmp_path / "out"
    names = []
    for colour in ("red", "blue", "red"):
        source = tmp_path / f"{colour}.jpg"
        Image.new("RGB", (9, 9), colour).save(source, "PNG")  # a PNG in a JPEG's name
        found = copy_renamed(_answer(source, 1), out)
        assert isinstance(found, Path)
        names.append(found.name)

    assert names[0] == names[2] == "no_comic-0.9000.png"
    assert names[1].startswith("no_comic-0.9000-")
    assert {path.name for path in out.iterdir()} == set(names)
