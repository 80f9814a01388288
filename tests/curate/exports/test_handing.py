"""`winnow curate export` as a user has it."""

from __future__ import annotations

import builtins
import json
from pathlib import Path

import pytest

import winnow


@pytest.fixture
def run(strips, capsys):
    """Run `winnow curate export` on the data set; returns (exit code, stdout, stderr)."""

    def go(*words: object) -> tuple[int, str, str]:
        code = winnow.main(["curate", "export", str(strips.root), *map(str, words)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return go


def test_by_default_what_others_need_is_written(run, tmp_path: Path) -> None:
    """Logs, lock file, metadata and card: no picture, nothing that an extra is needed for."""
    code, out, _ = run("-o", tmp_path / "new" / "place")
    names = sorted(path.name for path in (tmp_path / "new" / "place").iterdir())

    assert code == 0
    assert names == [
        "README.md",
        "metadata.jsonl",
        "strips.lock.csv",
        "urls_comic.log",
        "urls_né & [y] `x`.log",
    ]
    assert out.count(str(tmp_path)) == len(names)


def test_forms_are_named_one_by_one(run, tmp_path: Path) -> None:
    """Only what was asked for is written and told; sizes of shards are kept."""
    words = ("--to", "webdataset", "--to", "lock", "--shard-pictures", 5, "--json")
    code, out, _ = run(*words, "-o", tmp_path)
    told = json.loads(out)

    assert code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["strips.lock.csv", "webdataset"]
    assert (told["built"], told["shards"]) == (24, len(list(tmp_path.rglob("*.tar"))))
    assert told["shards"] > 5
    assert told["imagefolder"] == told["card"] == ""


@pytest.mark.parametrize("words", [("--to", "csv"), ("--shard-pictures", 0), ("--shard-mb", "x")])
def test_what_cannot_be_meant_is_refused(words, run, tmp_path: Path) -> None:
    """Exit code 2, and nothing is written."""
    code, _, err = run(*words, "-o", tmp_path / "out")

    assert code == 2
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_without_pyarrow_the_line_says_what_to_install(run, tmp_path, monkeypatch) -> None:
    """Before anything is written: no half of an export."""
    true_import = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return true_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    code, _, err = run("--to", "all", "-o", tmp_path)

    assert code == 2
    assert "winnow[parquet]" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["images", "images/comic", "raw/ab", "build"])
def test_nothing_is_written_where_pictures_are_read(name, strips, run) -> None:
    """An export among the label folders would be taken for labels."""
    before = sorted(strips.root.rglob("[!.]*"))
    code, _, err = run("--to", "imagefolder", "-o", strips.root / name)

    assert code == 2
    assert "choose another folder" in err
    assert sorted(strips.root.rglob("[!.]*")) == before


def test_a_place_that_cannot_be_written_is_one_line(run, tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    code, _, err = run("-o", tmp_path / "file" / "below")

    assert code == 2
    assert err.count("\n") == 1


def test_a_lock_file_of_a_former_name_is_told_and_left(run, strips, tmp_path: Path) -> None:
    """Whose it is nobody knows; the card names the one that was written, and no pattern."""
    run("-o", tmp_path)
    (tmp_path / "strips.lock.csv").rename(tmp_path / "former.lock.csv")
    (tmp_path / "mine.lock.csv").write_text("no,lock\n")
    code, _, error = run("-o", tmp_path)
    card = (tmp_path / "README.md").read_text()

    assert code == 0
    assert error.count("another lock file beside strips.lock.csv") == 1
    assert "former.lock.csv: another" in error
    assert (tmp_path / "former.lock.csv").is_file()
    assert "data_files: strips.lock.csv" in card
    assert "*.lock.csv" not in card
