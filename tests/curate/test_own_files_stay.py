"""What stands where winnow writes, and is not winnow's, stays."""

from __future__ import annotations

from pathlib import Path

import pytest

import winnow
from curate.dataset import build
from curate.export import ExportPlan, export
from curate.run import check
from harvest.ledger.errors import UsageError


@pytest.fixture
def labelled(draw, make):
    """A data set that can be built."""
    for n in range(4):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic")
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo")
    check(make.folder)
    return make


@pytest.mark.parametrize(
    "name",
    [
        "build/mine.txt",
        "build/train/comic/mine.jpg",
        "build/deep/er/than/ours_0_0123abcd.jpg",
        "build.old/mine.txt",
        "build",
    ],
)
def test_a_build_refuses_to_delete_what_it_did_not_write(labelled, name: str) -> None:
    """One line that names the file; the last build, the file and the split are as they were."""
    mine = labelled.folder.root / name
    if name != "build":
        build(labelled.folder)
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    before = sorted(labelled.folder.root.rglob("*"))
    with pytest.raises(UsageError, match="move it away") as caught:
        build(labelled.folder)

    assert str(mine) in str(caught.value)
    assert mine.read_text() == "mine"
    assert sorted(labelled.folder.root.rglob("*")) == before


def test_a_build_that_is_a_link_elsewhere_is_refused(labelled, tmp_path: Path) -> None:
    """What it leads to is somebody's."""
    (tmp_path / "elsewhere").mkdir()
    labelled.folder.build.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UsageError, match="is no folder"):
        build(labelled.folder)


def test_what_file_managers_leave_in_a_build_is_no_obstacle(labelled) -> None:
    """Their files are nobody's work: a build goes through."""
    build(labelled.folder)
    for name in (".DS_Store", "train/Thumbs.db", "test/comic/.DS_Store"):
        (labelled.folder.build / name).write_bytes(b"\0")

    assert build(labelled.folder).pictures == 8


def test_an_export_leaves_the_folders_beside_its_own_alone(labelled, tmp_path: Path) -> None:
    """Also where a killed run would have left what it wrote."""
    build(labelled.folder)
    mine = tmp_path / "out" / "imagefolder.old" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match=r"imagefolder\.old"):
        export(labelled.folder, ExportPlan(("imagefolder",), tmp_path / "out"))

    assert mine.read_text() == "mine"


def test_the_command_refuses_with_exit_code_2(labelled, capsys) -> None:
    """One line on stderr."""
    labelled.folder.build.mkdir()
    (labelled.folder.build / "mine.txt").write_text("mine")
    code = winnow.main(["curate", "build", str(labelled.folder.root)])

    assert code == 2
    assert capsys.readouterr().err.count("\n") == 1
