"""What people name: folders, patterns, lists."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from classify.given import expand, read_names
from harvest.ledger.errors import UsageError


def _touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def _below(root: Path, found: list[Path]) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found]


def test_folders_are_walked_in_order(tmp_path: Path) -> None:
    """Sub-folders too, hidden files and folders left out."""
    _touch(tmp_path, "b.png", "a/2.png", "a/1.png", ".hidden", ".git/x.png")

    assert _below(tmp_path, list(expand([tmp_path]))) == ["b.png", "a/1.png", "a/2.png"]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.png", ["b.png"]),
        ("**/*.png", ["a/1.png", "a/deep/2.png", "b.png"]),
        ("**", ["a/1.png", "a/deep/2.png", "a/x.jpg", "b.png"]),
        ("a*", ["a/1.png", "a/x.jpg", "a/deep/2.png"]),
        ("a/?.*", ["a/1.png", "a/x.jpg"]),
        ("[ab].png", ["b.png"]),
        ("none*", ["none*"]),
    ],
)
def test_quoted_patterns_name_files(tmp_path: Path, pattern: str, wanted: list[str]) -> None:
    """Each file once and in order; one that names nothing stays, to be told as missing."""
    _touch(tmp_path, "b.png", "a/1.png", "a/x.jpg", "a/deep/2.png", ".c.png")

    assert _below(tmp_path, list(expand([f"{tmp_path}/{pattern}"]))) == wanted


def test_a_file_named_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    """What exists is no pattern, and what came as a path never is one."""
    _touch(tmp_path, "a[1].png", "a1.png")
    name = tmp_path / "a[1].png"

    assert list(expand([str(name)])) == list(expand([name])) == [name]
    assert list(expand([tmp_path / "*.png"])) == [tmp_path / "*.png"]


def test_copies_are_not_met_on_the_way(tmp_path: Path) -> None:
    """The folder they go to is left out, however it is spelt, unless it is named itself."""
    _touch(tmp_path, "a/1.png", "a/out/2.png")
    out = tmp_path / "a" / ".." / "a" / "out"

    assert _below(tmp_path, list(expand([tmp_path], out))) == ["a/1.png"]
    assert _below(tmp_path, list(expand([f"{tmp_path}/**/*.png"], out))) == ["a/1.png"]
    assert _below(tmp_path, list(expand([tmp_path / "a" / "out"], out))) == ["a/out/2.png"]


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """In one line, with its name."""
    (tmp_path / "shut").mkdir(mode=0)
    if os.access(tmp_path / "shut", os.R_OK):
        pytest.skip("this user may read everything")

    with pytest.raises(UsageError, match="shut: cannot be read"):
        list(expand([tmp_path]))


@pytest.mark.parametrize(
    ("data", "nul", "wanted"),
    [
        (b"a.png\nb c.png\n", False, ["a.png", "b c.png"]),
        (b"a.png\r\n\r\nb.png", False, ["a.png", "b.png"]),
        (b"a\nb.png\0 c.png\0", True, ["a\nb.png", " c.png"]),
        (b"\xff.png", False, ["\udcff.png"]),
        (b"", False, []),
    ],
)
def test_lists_are_read_as_find_writes_them(data: bytes, nul: bool, wanted: list[str]) -> None:
    """One a line, or NUL bytes between; empty lines are none, bytes that are no UTF-8 stay."""
    assert [str(path) for path in read_names(io.BytesIO(data), nul=nul)] == wanted


def test_a_list_is_read_as_it_comes() -> None:
    """The first name is there while the writer still writes."""
    reading, writing = os.pipe()
    with open(reading, "rb") as stream, open(writing, "wb", buffering=0) as end:  # noqa: PTH123
        end.write(b"first.png\nsec")
        names = read_names(stream)
        first = next(names)
        end.write(b"ond.png\n")
        end.close()

        assert [first, *names] == [Path("first.png"), Path("second.png")]


@pytest.mark.parametrize(
    ("data", "said"), [(b"a\0b\0", "add -0"), (b"x" * 200_000, "without an end")]
)
def test_what_is_no_list_is_told(data: bytes, said: str) -> None:
    """NUL bytes without -0, and a name that no system takes; nothing is held for ever."""
    with pytest.raises(UsageError, match=said):
        list(read_names(io.BytesIO(data)))
