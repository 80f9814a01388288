"""What stands beside a model is of that model, or it is told; a full disk leaves no parts."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import winnow
from classify.model import load_model
from classify.tflite.enclosed import enclosed_labels
from classify.train import TrainResult
from harvest.ledger.errors import DataError

FULL = """
import resource, sys
from pathlib import Path
import winnow
from classify.model_folder import writing
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

@winnow.cli.command("fill")
def fill():
    with writing(Path(sys.argv[1])) as part:
        part.joinpath("model.tflite").write_bytes(bytes(5000))

raise SystemExit(winnow.main(["fill"]))
"""


@pytest.fixture
def copied(trained: TrainResult, tmp_path: Path) -> Path:
    """A model folder to be spoilt."""
    return Path(shutil.copytree(trained.out, tmp_path / "copied"))


@pytest.mark.parametrize("command", ["predict", "serve", "evaluate"])
def test_labels_in_another_order_are_refused(
    copied: Path, pictures: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that names the file and the first label that differs; exit code 5."""
    copied.joinpath("labels.txt").write_text("stripes\ndots\n")
    rest = [] if command == "serve" else [str(pictures)]

    code = winnow.main(["classify", command, str(copied), *rest])
    told = capsys.readouterr().err

    assert (code, told.count("\n")) == (5, 1)
    assert "labels.txt: label 1 is 'stripes', but 'dots' in the model itself" in told


def test_the_card_knows_the_labels_too(copied: Path) -> None:
    """Of a file that holds none: they lie in a zip behind it, and not every tool keeps that."""
    data = copied.joinpath("model.tflite").read_bytes()
    bare = data[: data.index(b"PK\3\4")]
    assert enclosed_labels(data)
    assert not enclosed_labels(bare)
    copied.joinpath("model.tflite").write_bytes(bare)
    card = json.loads(copied.joinpath("card.json").read_bytes())
    card["model"]["sha256"] = hashlib.sha256(bare).hexdigest()
    copied.joinpath("card.json").write_text(json.dumps(card))
    load_model(copied)
    copied.joinpath("labels.txt").write_text("stripes\ndots\n")

    with pytest.raises(DataError, match="label 1 is 'stripes', but 'dots'"):
        load_model(copied)


def test_labels_that_are_named_count_with_a_note(
    copied: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who names them means them."""
    names = tmp_path / "names.txt"
    names.write_text("Punkte\nStreifen\n")
    picture = str(pictures / "dots" / "dots00.png")

    code = winnow.main(["classify", "predict", str(copied), picture, "--labels", str(names)])
    out, err = capsys.readouterr()

    assert (code, out.split("\t")[0]) == (0, "Punkte")
    assert err.startswith(f"note: {names}: label 1 is 'Punkte', but 'dots'")


def test_a_card_of_another_model_is_noted_and_not_used(
    copied: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its thresholds and its way to a square may be others."""
    data = copied.joinpath("model.tflite").read_bytes()
    copied.joinpath("model.tflite").write_bytes(data + b"\0")

    code = winnow.main(["classify", "predict", str(copied), str(pictures / "dots")])
    told = capsys.readouterr().err

    assert code == 0
    assert told == f"note: {copied / 'card.json'}: the card of another model; it is not used\n"
    assert load_model(copied).card is None


def test_a_full_disk_is_told_by_the_folder_asked_for(tmp_path: Path) -> None:
    """Exit code 4, the old files as they were, and no parts."""
    out = tmp_path / "run"

    command = [sys.executable, "-c", FULL, str(out)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ran.returncode == 4
    assert ran.stderr.startswith(f"winnow: error: {out}: the disk is full")
    assert list(out.iterdir()) == []
