"""A folder from anywhere becomes a clean data set in one command, and stays as it was."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

import winnow
from curate.cleaning import find_copies
from harvest.ledger.settings import load_settings


@pytest.fixture
def folder(draw, tmp_path: Path) -> Path:
    """Two labels, each with good pictures and one of each flaw."""
    root = tmp_path / "my mushrooms"
    dummy = draw.encode(draw.comic(999))
    both = draw.encode(draw.photo(777))
    for label, base in (("amanita", 0), ("bolété", 1000)):
        home = root / label
        (home / "more").mkdir(parents=True)
        for number in range(9):
            (home / f"{number}.jpg").write_bytes(draw.encode(draw.photo(base + number)))
        for number in range(5):
            (home / f"not available {number}.jpg").write_bytes(dummy)
        (home / "more" / "again.jpg").write_bytes((home / "3.jpg").read_bytes())
        (home / "smaller.jpg").write_bytes(
            draw.encode(draw.photo(base + 4).resize((240, 180)), quality=60)
        )
        (home / "tiny.png").write_bytes(
            draw.encode(Image.new("RGB", (30, 30), (base // 4, 9, 99)), "PNG")
        )
        (home / "torn.jpg").write_bytes(draw.encode(draw.photo(base + 50))[:5000])
        (home / "page.jpg").write_bytes(f"<html>{label}</html>".encode())
        (home / "both.jpg").write_bytes(both)
        (home / ".hidden.jpg").write_bytes(dummy)
        (home / "notes.txt").write_bytes(b"mine")
    return root


def tree(root: Path) -> dict[str, tuple[str, int, int]]:
    """Every file with its content, mode and time."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            stat = path.stat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(root))] = (digest, stat.st_mode, stat.st_mtime_ns)
    return found


def clean(*words: object) -> int:
    return winnow.main(["curate", "clean", *map(str, words)])


def test_what_is_wrong_goes_and_the_rest_is_divided(folder, tmp_path, capsys) -> None:
    """Each file is counted once, by its label and the first thing that is wrong with it."""
    before = tree(folder)
    out = tmp_path / "clean"
    code = clean(folder, "-o", out, "--test-per-label", 2, "--max-per-label", 6, "--json")
    said = capsys.readouterr().out
    found = json.loads(said)
    parts = {
        f"{part.name}/{label.name}": len(list(label.iterdir()))
        for part in (out / "build").iterdir()
        if part.is_dir()
        for label in part.iterdir()
    }
    each = {"amanita": 1, "bolété": 1}

    assert code == 0
    assert found["dropped"] == {
        "near_duplicate": each,
        "not_an_image": each,
        "over the quota": {"amanita": 3, "bolété": 3},
        "placeholder": {"amanita": 1},
        "same bytes again": {"amanita": 5, "bolété": 7},
        "too_small": each,
        "truncated": each,
        "two labels": {"amanita": 1},
    }
    assert {part: sum(some.values()) for part, some in found["kept"].items()} == {
        part: sum(n for name, n in parts.items() if name.startswith(f"{part}/"))
        for part in ("train", "validation", "test")
    }
    assert found["kept"]["test"] == {"amanita": 2, "bolété": 2}
    assert sum(parts.values()) == 12
    assert tree(folder) == before
    assert (out / "reports" / "curate.html").is_file()


def test_the_table_adds_up(folder, tmp_path, capsys) -> None:
    """Kept and dropped files of a label are its files; the table alone is on stdout."""
    clean(folder, "-o", tmp_path / "clean")
    lines = capsys.readouterr().out.splitlines()
    heads = lines[1].split()
    sums = [0, 0, 0]
    for line in lines[2:-1]:
        sums = [a + int(b) for a, b in zip(sums, line.split()[-3:], strict=True)]

    assert heads == ["files", "amanita", "bolété", "all"]
    assert sums == [20, 20, 40]
    assert lines[-1].split() == ["files", "20", "20", "40"]


def test_a_trial_leaves_nothing(folder, tmp_path, capsys) -> None:
    """`--dry-run` tells the same and leaves no file, neither here nor there."""
    before = tree(tmp_path)
    code = clean(folder, "-o", tmp_path / "a" / "clean", "--json", "--dry-run")
    tried = json.loads(capsys.readouterr().out)
    after = tree(tmp_path)
    clean(folder, "-o", tmp_path / "a" / "clean", "--json")
    done = json.loads(capsys.readouterr().out)

    assert code == 0
    assert tried["dry_run"]
    assert after == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".winnow")]
    assert {k: tried[k] for k in ("kept", "dropped")} == {k: done[k] for k in ("kept", "dropped")}


def test_later_checks_go_on_by_the_same_settings(folder, tmp_path, capsys) -> None:
    """Thresholds, quota and placeholders stand in the data set; the command can be run again."""
    config = tmp_path / "own.yaml"
    known = tmp_path / "known.txt"
    known.write_text(f"sha256:{'0' * 64}  mine\n")
    config.write_text(
        "dataset: x\ntargets: [{twitter: ada}]\n"
        f"checks: {{placeholder: {{min_posts: 11, list: {known}}}, too_small: {{min_side: 20}}}}\n"
        "split: {test_per_label: 3}\n"
    )
    out = tmp_path / "clean"
    results = []
    for _ in range(2):
        clean(folder, "-o", out, "--config", config, "--train-per-label", 5, "--json")
        results.append(json.loads(capsys.readouterr().out))
    codes = [winnow.main(["curate", word, str(out)]) for word in ("check", "build")]
    settings = load_settings(out / "winnow.yaml")

    assert results[0] == results[1]
    assert results[0]["placeholders"] == []
    assert "too_small" not in results[0]["dropped"]
    assert results[0]["kept"]["test"] == {"amanita": 3, "bolété": 3}
    assert results[0]["kept"]["train"] == {"amanita": 5, "bolété": 5}
    assert codes == [0, 0]
    assert [target.name for target in settings.targets] == [str(folder)]
    assert (out / "placeholders.txt").read_text() == known.read_text()


def test_an_empty_label_is_no_quota(draw, tmp_path, capsys) -> None:
    """Good pictures of the one label that holds any, and a name that can be no label."""
    for number in range(6):
        for label in ("a", "b", "CON"):
            (tmp_path / "in" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "a" / f"{number}.jpg").write_bytes(draw.encode(draw.photo(number)))
        (tmp_path / "in" / "CON" / f"{number}.jpg").write_bytes(
            draw.encode(draw.photo(20 + number))
        )
    code = clean(tmp_path / "in", "-o", tmp_path / "out", "--json")

    assert code == 5
    assert json.loads(capsys.readouterr().out)["dropped"] == {
        "no label": {"(none)": 6},
        "only one label: not divided": {"a": 6},
    }
    assert "\n\n" not in (tmp_path / "out" / "placeholders.txt").read_text()


def test_files_in_hidden_folders_are_counted(folder, tmp_path, capsys) -> None:
    """They are passed over, and a line says how many they are."""
    (folder / ".cache" / "deep").mkdir(parents=True)
    for path in (".cache/1.jpg", ".cache/deep/2.jpg"):
        (folder / path).write_bytes(b"picture")
    clean(folder, "-o", tmp_path / "clean", "--dry-run")

    assert "2 files in hidden folders" in capsys.readouterr().err


def test_a_trial_names_the_folder_that_was_given(folder, tmp_path, capsys) -> None:
    """The commands that it shows can be typed; the temporary folder is nobody's business."""
    clean(folder, "-o", tmp_path / "out", "--dry-run")
    told = capsys.readouterr().err

    assert f"--dry-run: {tmp_path / 'out'} is not made; the commands below are shown" in told
    assert f"$ winnow curate check {tmp_path / 'out'}\n" in told
    assert ".winnow-" not in told


def test_one_label_is_checked_and_not_divided(folder, tmp_path, capsys) -> None:
    """Exit 5, a line that says so, and no build; nothing is told of a quota or of two labels."""
    code = clean(folder / "amanita", "-o", tmp_path / "clean", "--json")
    shown = capsys.readouterr()
    dropped = json.loads(shown.out)["dropped"]

    assert code == 5
    assert "fewer than two labels" in shown.err.splitlines()[-1]
    assert dropped["no label"] == {"(none)": 11}
    assert not {"two labels", "over the quota"} & dropped.keys()
    assert not (tmp_path / "clean" / "build").exists()


def test_a_quota_for_one_label_is_refused_before_anything_is_copied(folder, tmp_path, capsys):
    """Nothing could be divided, and a quota asks for just that."""
    out = tmp_path / "clean"
    code = clean(folder / "amanita", "-o", out, "--test-per-label", 2)

    assert code == 5
    assert "fewer than two labels" in capsys.readouterr().err
    assert not out.exists()


def test_labels_that_differ_by_case_are_found_before_anything_is_copied(draw, tmp_path, capsys):
    """One line names both; a folder without a file is none of them."""
    for number, label in enumerate(("CAT", "cat", "Dog")):
        (tmp_path / "in" / label).mkdir(parents=True)
        data = draw.encode(draw.photo(number))
        (tmp_path / "in" / label / "1.jpg").write_bytes(data)
    (tmp_path / "in" / "DOG").mkdir()
    code = clean(tmp_path / "in", "-o", tmp_path / "clean")
    error = capsys.readouterr().err

    assert code == 2
    assert "'CAT' and 'cat'" in error
    assert "og'" not in error.casefold()
    assert error.count("\n") == 1
    assert not (tmp_path / "clean").exists()


def test_what_was_sorted_since_counts_under_its_label(folder, tmp_path, capsys) -> None:
    """The table tells of the build, whose labels they are."""
    out = tmp_path / "clean"
    clean(folder, "-o", out)
    one = next((out / "images" / "amanita").iterdir())
    one.rename(out / "images" / "bolété" / one.name)
    capsys.readouterr()
    clean(folder, "-o", out, "--json")
    kept = json.loads(capsys.readouterr().out)["kept"]
    built = {
        part.name: {label.name: len(list(label.iterdir())) for label in part.iterdir()}
        for part in (out / "build").iterdir()
        if part.is_dir()
    }

    assert kept == built


@pytest.mark.parametrize(
    ("source", "out", "wanted"),
    [
        ("nowhere", "clean", "no such folder"),
        ("my mushrooms", "my mushrooms/clean", "choose another place"),
        ("my mushrooms", ".", "choose another place"),
        ("my mushrooms", "my mushrooms", "choose another place"),
    ],
)
def test_places_that_cannot_be_are_one_line(
    folder, tmp_path, monkeypatch, capsys, *, source: str, out: str, wanted: str
) -> None:
    """Exit 2 before anything is made."""
    monkeypatch.chdir(tmp_path)
    before = tree(tmp_path)
    code = clean(source, "-o", out)
    error = capsys.readouterr().err

    assert code == 2
    assert wanted in error
    assert error.count("\n") == 1
    assert tree(tmp_path) == before


def test_another_data_set_is_not_mixed_in(folder, make, draw, tmp_path, capsys) -> None:
    """Neither one that was harvested nor one that was made of another folder."""
    make.add(draw.encode(draw.comic(1)), "comic")
    codes = [clean(folder, "-o", make.folder.root)]
    (tmp_path / "other").mkdir()
    clean(tmp_path / "other", "-o", tmp_path / "clean")
    capsys.readouterr()
    codes.append(clean(folder, "-o", tmp_path / "clean"))
    error = capsys.readouterr().err

    assert codes == [2, 2]
    assert "holds other pictures already" in error


def test_faults_of_the_settings_are_told_first(folder, tmp_path, capsys) -> None:
    """A bad threshold, a bad quota: exit 2, nothing made."""
    config = tmp_path / "own.yaml"
    config.write_text("dataset: x\ntargets: [{twitter: ada}]\nchecks: {to_small: {}}\n")
    out = tmp_path / "clean"
    codes = [clean(folder, "-o", out, "--config", config)]
    codes.append(clean(folder, "-o", out, "--test-per-label", 0))
    error = capsys.readouterr().err

    assert codes == [2, 2]
    assert "own.yaml:3" in error
    assert "--test-per-label" in error
    assert not out.exists()


def test_copies_are_counted_by_folder(folder) -> None:
    """Hidden files and links are passed over."""
    (folder / "amanita" / "link.jpg").symlink_to(folder / "amanita" / "0.jpg")
    found = sorted(find_copies(folder).labels.values())

    assert found == [
        ["amanita"] * 2,
        ["amanita"] * 5 + ["bolété"] * 5,
        *[["amanita", "bolété"]] * 2,
        ["bolété"] * 2,
    ]
