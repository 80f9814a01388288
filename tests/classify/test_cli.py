"""`winnow classify …` as people run it: a process, its output, its exit code."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import winnow
from classify.train import TrainResult


def _run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "winnow", "classify", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_train_prints_the_accuracy_and_the_places(
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """Results on stdout; progress, notes and skipped files on stderr, LiteRT's chatter nowhere."""
    root = make_folder(tmp_path / "set", 5)
    (root / "dots" / "page.jpg").write_text("<html>")

    done = _run("train", root, "-o", tmp_path / "run", "--image-size", 96, "--folds", 3)

    assert done.returncode == 0
    assert done.stdout.startswith("accuracy  ")
    assert "on 3 folds" in done.stdout
    assert str(tmp_path / "run" / "model.tflite") in done.stdout
    assert "page.jpg" in done.stderr
    assert "not_an_image" in done.stderr
    assert "few pictures under 'dots' (5)" in done.stderr
    assert "XNNPACK" not in done.stderr


def test_json_is_one_object(tmp_path: Path, make_folder: Callable[[Path, int], Path]) -> None:
    """`train --json` prints the card and nothing beside it."""
    root = make_folder(tmp_path / "set", 3)

    done = _run("train", root, "-o", tmp_path / "run", "--image-size", 96, "--json")

    assert json.loads(done.stdout) == json.loads((tmp_path / "run" / "card.json").read_bytes())


def test_predict_prints_label_probability_and_file(trained: TrainResult, pictures: Path) -> None:
    """One line a picture, in order; a bad file is told on stderr and stops nothing."""
    one, two = pictures / "dots" / "dots00.png", pictures / "stripes" / "stripes00.png"

    done = _run("predict", trained.out, one, pictures / "none.jpg", two)

    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [(label, file) for label, _, file in rows] == [("dots", str(one)), ("stripes", str(two))]
    assert all(0.5 < float(probability) <= 1 for _, probability, _ in rows)
    assert "none.jpg" in done.stderr


def test_predict_json_is_a_line_a_file(trained: TrainResult, pictures: Path) -> None:
    """Bad files are records too, in their places; `--top` adds the runners-up."""
    one = pictures / "dots" / "dots00.png"

    done = _run("predict", trained.model, pictures / "none.jpg", one, "--json", "--top", 2)

    bad, good = map(json.loads, done.stdout.splitlines())
    assert bad["error"]["reason"] == "missing"
    assert good["label"] == "dots"
    assert [entry["label"] for entry in good["top"]] == ["dots", "stripes"]


@pytest.mark.parametrize("label", ["dots", "0"])
def test_check_label_lists_what_was_misclassified(
    trained: TrainResult, pictures: Path, label: str
) -> None:
    """Of both folders, what is not `dots` is listed, and counted on stderr."""
    done = _run("predict", trained.out, pictures, "--check-label", label)

    assert done.returncode == 0
    assert done.stdout.count("\n") == 15
    assert done.stdout.count("stripes/") == 15
    assert "15 of 30 are 'dots' (50.00%), 15 not" in done.stderr


def test_rename_into_copies_by_label(trained: TrainResult, pictures: Path, tmp_path: Path) -> None:
    """Copies go under label and score; originals stay; the same command again adds nothing."""
    mine = tmp_path / "mine"
    shutil.copytree(pictures, mine)

    first = _run("predict", trained.out, mine, "--rename-into", mine / "out")
    second = _run("predict", trained.out, mine, "--rename-into", mine / "out")

    names = [path.name for path in (mine / "out").iterdir()]
    assert (first.returncode, second.returncode) == (0, 0)
    assert len(names) == 30
    assert sum(name.startswith("dots-") for name in names) == 15
    assert len(list(mine.glob("*s/*"))) == 30


def test_int8_is_exported_from_pictures(
    trained: TrainResult, pictures: Path, tmp_path: Path
) -> None:
    """With `--pictures` the facts are told as JSON; without, one line says what is missing."""
    out = tmp_path / "int8.tflite"

    told = _run("export", trained.out, "-o", out, "--format", "int8")
    done = _run(
        "export", trained.out, "-o", out, "--format", "int8", "--pictures", pictures, "--json"
    )

    assert told.returncode == 2
    assert "name a folder of them with --pictures" in told.stderr
    facts = json.loads(done.stdout)
    assert (facts["file"], facts["bytes"]) == (out.name, out.stat().st_size)
    assert facts["calibrated_on"] == {"pictures": 30, "on": f"pictures of {pictures.name}"}


def test_evaluate_and_export(trained: TrainResult, pictures: Path, tmp_path: Path) -> None:
    """A float16 copy exported by one command is measured by the other."""
    half = tmp_path / "half.tflite"
    exported = _run("export", trained.out, "-o", half, "--format", "float16")
    measured = _run("evaluate", half, pictures, "--json")

    assert exported.returncode == 0
    assert str(half) in exported.stdout
    assert "drawn pictures" in exported.stderr
    assert json.loads(measured.stdout)["right"] == 30
    assert "these very pictures" in measured.stderr


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("train", "{tmp}/none", "-o", "{tmp}/run"), 2, "no such folder"),
        (("train", "{tmp}/one", "-o", "{tmp}/run"), 5, "only the label 'a'"),
        (("train", "{pictures}", "-o", "{tmp}/run", "--image-size", "100"), 2, "steps of 32"),
        (("train", "{pictures}", "-o", "{tmp}/run", "--image-size", "5"), 2, "image-size"),
        (("train", "{pictures}", "-o", "{tmp}/run", "--folds", "1"), 2, "folds"),
        (("train", "{pictures}", "-o", "{tmp}/run", "--backbone", "{tmp}/one/a/x.jpg"), 5, "x.jpg"),
        (("predict", "{model}", "{tmp}/one/a/x.jpg"), 5, "no picture could be read"),
        (("predict", "{model}", "{pictures}", "--check-label", "cat"), 2, "0 dots, 1 stripes"),
        (("evaluate", "{model}", "{pictures}", "--labels", "{tmp}/none"), 2, "cannot be read"),
        (("evaluate", "{tmp}/one/a/x.jpg", "{pictures}"), 5, "x.jpg"),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    args: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    """No traceback, the right branch of the error tree."""
    (tmp_path / "one" / "a").mkdir(parents=True)
    (tmp_path / "one" / "a" / "x.jpg").write_text("no picture, no model")
    places = {
        "tmp": tmp_path,
        "pictures": request.getfixturevalue("pictures"),
        "model": request.getfixturevalue("trained").out,
    }
    capsys: pytest.CaptureFixture[str] = request.getfixturevalue("capsys")

    found = winnow.main(["classify", *(arg.format(**places) for arg in args)])

    assert found == code
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_a_missed_gate_is_exit_six(
    trained: TrainResult, tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """`evaluate --min-accuracy` fails when the labels are swapped."""
    root = make_folder(tmp_path / "set", 2)
    (root / "dots").rename(root / "was_dots")
    (root / "stripes").rename(root / "dots")
    (root / "was_dots").rename(root / "stripes")

    done = _run("evaluate", trained.out, root, "--min-accuracy", "0.5")

    assert done.returncode == 6
    assert "accuracy 0.0000 is below 0.5" in done.stderr


def test_names_give_the_terminal_no_orders(
    trained: TrainResult, pictures: Path, tmp_path: Path
) -> None:
    """Line breaks and escapes in names and labels are shown as text; JSON has them as they are."""
    good, bad = tmp_path / "new\nl\x1b[31mRED\x9b.png", tmp_path / "bad\n\x1b[0m.png"
    shutil.copy(pictures / "dots" / "dots00.png", good)
    bad.write_text("no picture")
    labels = tmp_path / "labels.txt"
    labels.write_text("\x1b[31mdots\nstripes\n")

    shown = _run("predict", trained.out, good, bad, "--labels", labels)
    record = _run("predict", trained.out, good, bad, "--labels", labels, "--json")

    assert shown.stdout.startswith("\\x1b[31mdots\t")
    assert shown.stdout.endswith("/new\\nl\\x1b[31mRED\\x9b.png\n")
    assert "/bad\\n\\x1b[0m.png: " in shown.stderr
    assert shown.stderr.count("\n") == 2  # and the note that the model has other labels
    assert [json.loads(line)["file"] for line in record.stdout.splitlines()] == [
        str(good),
        str(bad),
    ]


def test_a_terminal_of_few_characters_is_enough(
    tmp_path: Path, make_folder: Callable[[Path, int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels that the output's encoding lacks stop no command, and JSON keeps them."""
    root = make_folder(tmp_path / "set – ≥", 3)
    (root / "dots").rename(root / "Zeichnung ≥ – 漫画")
    out = tmp_path / "läuft"
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")

    runs = [
        _run("train", root, "-o", out, "--image-size", 96),
        _run("evaluate", out, root),
        _run("predict", out, root),
        _run("export", out, "-o", tmp_path / "größer.tflite"),
    ]
    measured = _run("evaluate", out, root, "--json")

    assert [(run.returncode, "Traceback" in run.stderr) for run in runs] == [(0, False)] * 4
    assert "label" in runs[0].stdout
    assert "Zeichnung ≥ – 漫画" in json.dumps(json.loads(measured.stdout), ensure_ascii=False)
