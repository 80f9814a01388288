"""`winnow classify predict` on all that people hand it, and what it makes of the answers."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import winnow
from classify.train import TrainResult

_COMMAND = [sys.executable, "-m", "winnow", "classify", "predict"]


def _run(*args: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*_COMMAND, *map(str, args)]
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=120)


def _files(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return [line.split("\t")[2] for line in done.stdout.decode().splitlines()]


def test_lists_on_standard_input(trained: TrainResult, pictures: Path) -> None:
    """As `find` and `find -print0` write them; beside files and patterns, in their places."""
    names = [str(pictures / "dots" / f"dots0{i}.png") for i in range(4)]
    lines = _run(trained.out, "-", given="\n".join(names[:2]).encode())
    nul = _run(trained.out, names[0], "-", f"{pictures}/dots/*3.png", "-0",
               given="\0".join(names[1:3]).encode())  # fmt: skip

    assert _files(lines) == names[:2]
    assert _files(nul) == [*names, str(pictures / "dots" / "dots13.png")]


def test_a_picture_on_standard_input(trained: TrainResult, pictures: Path) -> None:
    """Its bytes are told from a list; it has no name to be copied by."""
    data = (pictures / "stripes" / "stripes00.png").read_bytes()

    shown = _run(trained.out, "-", given=data)
    torn = _run(trained.out, "-", given=data[:200])
    copied = _run(trained.out, "-", "--sort-into", "out", given=data)

    assert shown.stdout.decode().split("\t")[0] == "stripes"
    assert shown.stdout.endswith(b"\t-\n")
    assert torn.returncode == 5
    assert copied.returncode == 2
    assert b"has no name" in copied.stderr


def test_a_table_for_spreadsheets(trained: TrainResult, pictures: Path, tmp_path: Path) -> None:
    """One row a file, bad ones too; what is below the threshold is `unsure`."""
    mine = tmp_path / "=mine"
    shutil.copytree(pictures / "dots", mine)
    (mine / "bad.png").write_text("no picture")
    command = [*_COMMAND, trained.out, mine.name, "--csv", "--threshold", "1", "--top", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)

    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))

    assert len(rows) == 16
    assert all(row["file"].startswith("'=mine/") for row in rows)
    assert rows[0]["error"] == "not_an_image"
    assert {row["label"] for row in rows[1:]} <= {"unsure", "dots"}
    assert {row["label_1"] for row in rows[1:]} == {"dots"}


def test_pictures_are_sorted_and_a_second_run_adds_nothing(
    trained: TrainResult, pictures: Path, tmp_path: Path
) -> None:
    """Into label folders below the very folder they come from; then moved there."""
    mine = tmp_path / "mine"
    shutil.copytree(pictures, mine / "in")
    out = mine / "sorted"

    copied = [_run(trained.out, mine, "--sort-into", out) for _ in range(2)]
    there = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    moved = _run(trained.out, mine, "--sort-into", out, "--move")

    assert [done.returncode for done in (*copied, moved)] == [0, 0, 0]
    assert len(there) == 30
    assert [name for name in there if name.startswith("dots/dots")] == there[:15]
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == there
    assert not list((mine / "in").rglob("*.png"))


def test_unsure_pictures_are_set_aside(
    trained: TrainResult, pictures: Path, tmp_path: Path
) -> None:
    """At a threshold that none reaches; JSON says what was likeliest."""
    card = json.loads((trained.out / "card.json").read_bytes())
    card["thresholds"] = {"of": [{"label": None, "threshold": 0.5},
                                 {"label": "dots", "threshold": None}]}  # fmt: skip
    model = tmp_path / "model"
    shutil.copytree(trained.out, model)
    (model / "card.json").write_text(json.dumps(card))

    done = _run(model, pictures, "--threshold", "auto", "--sort-into", tmp_path / "o", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]

    assert {record["label"] for record in records} == {None, "stripes"}
    assert {record["likeliest"] for record in records if record["label"] is None} == {"dots"}
    assert len(list((tmp_path / "o" / "_unsorted").iterdir())) == 15
    assert len(list((tmp_path / "o" / "stripes").iterdir())) == 15


def test_a_reader_that_goes_away_is_no_error(trained: TrainResult, pictures: Path) -> None:
    """As `| head -1` does: no traceback, no message."""
    many = "\n".join(map(str, [*pictures.rglob("*.png")] * 20)).encode()
    reading, writing = os.pipe()
    with subprocess.Popen(
        [*_COMMAND, trained.out, "-"], stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE
    ) as process:
        os.close(writing)
        with open(reading, "rb", buffering=0) as stream:  # noqa: PTH123
            assert process.stdin is not None
            process.stdin.write(many[: len(many) // 2])
            process.stdin.flush()
            first = stream.read(1)
        _, said = process.communicate(timeout=60)

    assert first in {b"d", b"s"}
    assert said == b""
    assert process.returncode == 0


def test_copies_go_on_when_the_reader_goes_away(
    trained: TrainResult, pictures: Path, tmp_path: Path
) -> None:
    """Who asked for them gets all of them, and whoever reads the list takes what it wants."""
    reading, writing = os.pipe()
    os.close(reading)
    arguments = ["--sort-into", tmp_path / "sorted"]
    done = subprocess.run(
        [*_COMMAND, trained.out, pictures, *arguments],
        stdout=writing, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")
    assert len(list((tmp_path / "sorted").rglob("*.png"))) == 30


def test_ctrl_c_stops_at_once_with_130(trained: TrainResult, pictures: Path) -> None:
    """While it waits for more names, too; one line, no traceback."""
    with subprocess.Popen(
        [*_COMMAND, trained.out, "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        names = "\n".join(map(str, [*pictures.rglob("*.png")] * 9)).encode()
        process.stdin.write(names)
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said.strip().count(b"\n") == 0
    assert b"stopped" in said


def test_a_bar_on_the_terminal_leaves_the_results_alone(
    trained: TrainResult, pictures: Path
) -> None:
    """Results go to their file, whole, while the bar runs on stderr."""
    outer, inner = pty.openpty()
    with subprocess.Popen(
        [*_COMMAND, trained.out, pictures], stdout=subprocess.PIPE, stderr=inner
    ) as process:
        os.close(inner)
        out, _ = process.communicate(timeout=60)
    shown = os.read(outer, 1_000_000).decode()
    os.close(outer)

    assert process.returncode == 0
    assert out.count(b"\n") == 30
    assert b"\x1b" not in out
    assert "predicting" in shown
    assert "30/30" in shown


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--csv", "--json"), 2, "--csv and --json"),
        (("--sort-into", "a", "--rename-into", "b"), 2, "--sort-into and --rename-into"),
        (("--move",), 2, "wanted with --sort-into"),
        (("--threshold", "1.5"), 2, "from 0 to 1"),
        (("--threshold", "nan"), 2, "from 0 to 1"),
        (("--threshold", "auto"), 5, "--target-precision"),
        (("--check-label", "7"), 2, "0 dots, 1 stripes"),
    ],
)
def test_options_that_do_not_fit_are_told(
    request: pytest.FixtureRequest, args: tuple[str, ...], code: int, said: str
) -> None:
    """In one line, before any picture is opened."""
    model = str(request.getfixturevalue("trained").out)
    capsys: pytest.CaptureFixture[str] = request.getfixturevalue("capsys")
    found = winnow.main(["classify", "predict", model, model, *args])
    told = capsys.readouterr()

    assert found == code
    assert told.out == ""
    assert said in told.err


def test_a_folder_without_pictures_is_told(
    trained: TrainResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Empty, or full of something else: exit code 5."""
    (tmp_path / "notes").mkdir()
    codes = [winnow.main(["classify", "predict", str(trained.out), str(tmp_path)])]
    (tmp_path / "notes" / "a.txt").write_text("text")
    codes.append(winnow.main(["classify", "predict", str(trained.out), str(tmp_path)]))

    assert codes == [5, 5]
    assert capsys.readouterr().err.splitlines()[0].endswith("(0 files skipped)")
