"""The data set's folder: labels, names, the lock, and placing without ever overwriting."""

import errno
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.ledger.errors import Locked, UsageError
from harvest.ledger.folder import DatasetFolder, parse_sha8, picture_name, place
from harvest.ledger.labelnames import check_label, is_label_folder

SHA = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "label",
    [
        "comic",
        "no_comic",
        "Bücher",
        "漫画",
        "a b",
        "a-b.c",
        "é" * 32,
        "می\u200cخواهم",
        "क्\u200dष",
        "👩\u200d👩\u200d👧",
        "❤\ufe0f",
    ],
)
def test_labels_in_all_scripts_are_taken(label: str) -> None:
    """Up to 64 bytes of UTF-8; what comes back is NFC."""
    assert check_label(unicodedata.normalize("NFD", label)) == unicodedata.normalize("NFC", label)


@pytest.mark.parametrize(
    "label",
    [
        "", " ", " a", "a ", "_unsorted", ".hidden", "a/b", "a\\b", "..", "a\0b", "a\nb", "a:b",
        "x" * 65, "é" * 33, "con", "NUL.txt", "a.", "a\u200bb", "\ud800",
        "\u200d", "می\u200c", "\u200cمی", "می\u200c\u200dخو", "com\u200dic",
        "می\u202eخو", "می\u200c خو",
    ],
)  # fmt: skip
def test_what_cannot_be_a_folder_is_no_label(label: str) -> None:
    """Refused with the value and what to do, never cleaned up silently."""
    with pytest.raises(UsageError, match="choose another name"):
        check_label(label)


@given(st.text(max_size=80))
def test_a_label_is_a_single_safe_folder_name(text: str) -> None:
    """Whatever is taken stays within its folder, fits every file system, and is stable."""
    try:
        label = check_label(text)
    except UsageError:
        return

    assert Path("images", label).name == label
    assert len(label.encode()) <= 64
    assert check_label(label) == label
    assert is_label_folder(label)


def test_label_folders_are_those_that_hold_labels(tmp_path: Path) -> None:
    """Folders of ours and hidden ones are left out, files too; the rest is sorted."""
    folder = DatasetFolder.create(tmp_path / "set")
    assert folder.label_folders() == []
    for name in ("b", "a", "_unsorted", "_rejected", ".trash"):
        (folder.images / name).mkdir(parents=True)
    (folder.images / "file").touch()

    assert [path.name for path in folder.label_folders()] == ["a", "b"]


@given(
    st.text(min_size=1, max_size=200),
    st.text(min_size=1, max_size=300),
    st.integers(0, 10**6),
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.sampled_from(["jpg", "png", "webp", "tiff"]),
)
def test_picture_names_are_ours(
    source: str, post: str, index: int, sha256: str, extension: str
) -> None:
    """Whatever a post is called, the name is short, plain, and tells the content back."""
    name = picture_name(source, post, index, sha256, extension)

    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert len(name) <= 120
    assert not name.startswith(".")
    assert parse_sha8(name) == sha256[:8]
    assert name.endswith(f".{extension}")


def test_a_picture_name_reads_as_documented() -> None:
    """Source, post, place, content."""
    assert picture_name("twitter", "1900", 2, SHA, "jpg") == "twitter_1900_2_01234567.jpg"


@pytest.mark.parametrize("name", ["holiday.jpg", "a_0123456.jpg", "a_0123456g.jpg", "_01234567"])
def test_foreign_names_tell_no_content(name: str) -> None:
    """Only our own names end in eight hex digits and an extension."""
    assert parse_sha8(name) is None


def test_a_data_set_is_made_and_opened(tmp_path: Path) -> None:
    """Making takes parents along; opening wants a catalog."""
    folder = DatasetFolder.create(tmp_path / "a" / "b")
    with pytest.raises(UsageError, match=r"no catalog\.sqlite"):
        DatasetFolder.open(folder.root)
    with pytest.raises(UsageError, match="no such folder"):
        DatasetFolder.open(tmp_path / "nowhere")
    folder.catalog.touch()

    assert DatasetFolder.open(folder.root) == folder
    assert folder.name == "b"


def test_a_folder_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    """A file in the way: exit 2, one line."""
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="choose a folder"):
        DatasetFolder.create(tmp_path / "file" / "set")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_a_usage_error(tmp_path: Path) -> None:
    """No permission to write: exit 2, one line."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)

    with pytest.raises(UsageError, match="write"):
        DatasetFolder.create(closed)
    with pytest.raises(UsageError, match="write"):
        DatasetFolder.create(closed / "set")


HOLD = """
import sys
from pathlib import Path
from harvest.ledger.folder import DatasetFolder
with DatasetFolder(Path(sys.argv[1])).lock("harvest run"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_lock_names_its_holder_and_dies_with_it(tmp_path: Path) -> None:
    """A second process is told who works there; `kill -9` of the first frees the data set."""
    folder = DatasetFolder.create(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(Locked, match=rf"`harvest run` \(process {holder.pid}\)"),
            folder.lock("curate check"),
        ):
            pytest.fail("the lock was given twice")
        holder.kill()
        holder.wait()

    with (
        folder.lock("curate check"),
        pytest.raises(Locked, match="curate check"),
        folder.lock("again"),
    ):
        pytest.fail("the lock was given twice")
    with folder.lock("after"):
        pass


@pytest.mark.parametrize("mode", ["link", "copy"])
def test_placing_never_overwrites(tmp_path: Path, mode: str) -> None:
    """A file that lies there already stays, and no part file is left behind."""
    raw, target = tmp_path / "raw.jpg", tmp_path / "images" / "comic" / "a.jpg"
    raw.write_bytes(b"new")
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")

    with pytest.raises(FileExistsError):
        place(raw, target, mode)  # type: ignore[arg-type]

    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["a.jpg"]


def test_a_link_shares_bytes_and_a_copy_does_not(tmp_path: Path) -> None:
    """`link` costs no room; `copy` can be edited without touching `raw/`."""
    raw = tmp_path / "raw.jpg"
    raw.write_bytes(b"bytes")

    place(raw, tmp_path / "x" / "link.jpg", "link")
    place(raw, tmp_path / "x" / "copy.jpg", "copy")
    (tmp_path / "x" / "copy.jpg").write_bytes(b"edited")

    assert (tmp_path / "x" / "link.jpg").stat().st_ino == raw.stat().st_ino
    assert raw.read_bytes() == b"bytes"
    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == ["copy.jpg", "link.jpg"]


def test_a_full_disk_is_the_data_sets(tmp_path: Path) -> None:
    """Whoever works under the lock need not say where."""
    folder = DatasetFolder.create(tmp_path / "set")

    with pytest.raises(OSError, match="full") as caught, folder.lock("test"):
        raise OSError(errno.ENOSPC, "full")
    assert caught.value.filename == str(folder.root)


def test_who_only_reads_needs_no_lock_where_none_can_be_had(tmp_path: Path, monkeypatch) -> None:
    """On a read-only disk nobody writes; whoever would is told."""
    folder = DatasetFolder.create(tmp_path / "set")

    def refuse(path: object, *_: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(os, "open", refuse)
    with folder.lock("test", reading=True):
        entered = True
    with pytest.raises(OSError, match="Read-only"), folder.lock("test"):
        pass

    assert entered
