"""Reading what to learn from, and refusing what cannot be learnt from in one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from classify.data import read_folder
from harvest.ledger.errors import DataError, UsageError, WinnowError
from harvest.ledger.manifest import ManifestLine, Split, write_manifest


def _line(file: str, label: str, split: Split = "train", group: str = "g") -> ManifestLine:
    return ManifestLine(
        file=file,
        sha256="0" * 64,
        label=label,
        split=split,
        group=group,
        source="folder",
        account=None,
        post_url=None,
        urls=(),
        posted_at=None,
        width=1,
        height=1,
        bytes=1,
        phash256="0" * 64,
    )


def _tree(root: Path, *files: str) -> Path:
    root.mkdir(exist_ok=True)
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_text(file)
    return root


def test_folders_are_labels_and_files_are_examples(tmp_path: Path) -> None:
    """Labels are sorted; `_` and `.` folders, hidden files and loose files are none of them."""
    root = _tree(
        tmp_path / "set", "b/2.jpg", "b/1.jpg", "a/1.jpg", "a/.hidden", "_unsorted/x.jpg",
        ".git/y.jpg", "loose.jpg",
    )  # fmt: skip

    found = read_folder(root)

    assert found.labels == ("a", "b")
    assert [example.file for example in found.examples] == ["a/1.jpg", "b/1.jpg", "b/2.jpg"]
    assert not found.has_manifest


def test_a_folder_within_a_label_folder_is_passed_over_aloud(tmp_path: Path) -> None:
    """It is neither learnt from nor forgotten."""
    root = _tree(tmp_path / "set", "a/1.jpg", "b/1.jpg", "b/deep/2.jpg")

    found = read_folder(root)

    assert [fault.path.name for fault in found.passed_over] == ["deep"]


def test_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    """Folders whose names begin with `_`, and those inside label folders."""
    for name in ("a/x.png", "b/x.png", "b/deep/er/y.png", "b/deep/z.png", "_no/x.png", "_no/n/x"):
        tmp_path.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(name).touch()

    found = read_folder(tmp_path)

    assert found.notes == ("passed over, as its name begins with _: _no (2 files)",)
    assert [fault.detail for fault in found.passed_over] == [
        "a folder inside a label folder, with 2 files"
    ]


def test_a_manifest_rules_over_folders(tmp_path: Path) -> None:
    """Splits, labels and groups are the manifest's."""
    root = _tree(tmp_path / "build", "train/a/1.jpg", "test/b/2.jpg")
    lines = [_line("train/a/1.jpg", "a"), _line("test/b/2.jpg", "b", "test", "h")]
    write_manifest(root / "manifest.jsonl", lines)

    found = read_folder(root)

    assert found.labels == ("a", "b")
    assert {(e.file, e.split, e.group) for e in found.examples} == {
        ("train/a/1.jpg", "train", "g"),
        ("test/b/2.jpg", "test", "h"),
    }


@pytest.mark.parametrize(
    ("files", "kind", "said"),
    [
        ((), DataError, "no label folder"),
        (("1.jpg", "2.jpg"), DataError, "no label folder; wanted 2 or more; move each picture"),
        (("a/1.jpg",), DataError, "only the label 'a'; wanted 2 or more$"),
        (("a/1.jpg", "b/"), DataError, "the label folder 'b' is empty"),
        (("a/1.jpg", "b/.hidden"), DataError, "the label folder 'b' is empty"),
        (("Comic/1.jpg", "comic/2.jpg"), DataError, "'Comic' and 'comic' differ by case only"),
        (("a/1.jpg", "a /1.jpg"), DataError, "'a ' begins or ends with a space"),
        ((" a/1.jpg", "b/1.jpg"), DataError, "' a' begins or ends with a space"),
        (("a\nb/1.jpg", "b/1.jpg"), DataError, "is not plain text"),
        (("a\x1b[31m/1.jpg", "b/1.jpg"), DataError, "is not plain text"),
        (("catalog.sqlite", "images/a/1.jpg"), DataError, "/build"),
        (("train/a/1.jpg", "test/a/2.jpg"), DataError, "splits without a manifest"),
        (("manifest.jsonl", "a/1.jpg"), DataError, "manifest.jsonl:1"),
    ],
)
def test_bad_folders_are_one_clear_line(
    tmp_path: Path, files: tuple[str, ...], kind: type[WinnowError], said: str
) -> None:
    """Each says what is wrong and where."""
    root = _tree(tmp_path / "set", *files)

    with pytest.raises(kind, match=said) as caught:
        read_folder(root)

    assert "\n" not in str(caught.value)
    assert str(root) in str(caught.value)


def test_a_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    """Exit 2: the path was mistyped, nothing is wrong with the data."""
    with pytest.raises(UsageError, match="no such folder"):
        read_folder(tmp_path / "none")


def test_a_thousand_labels_and_unusual_names_are_fine(tmp_path: Path) -> None:
    """Commas, quotes, accents, other scripts; there is no largest number."""
    odd = ["a, b", 'say "so"', "Ärger", "日本", "-rf", "100%", "x'y"]
    names = [f"label {n:04}" for n in range(994)] + odd
    root = _tree(tmp_path / "set", *(f"{name}/1.jpg" for name in names))

    found = read_folder(root)

    assert len(found.labels) == 1001
    assert set(odd) < set(found.labels)
