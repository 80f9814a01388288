"""Measuring from the command line: test folders, wanted precisions, reports of any model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import winnow
from classify.evaluate import evaluate
from classify.predict import Predictor
from classify.settings import TrainSettings
from classify.train import TrainResult, train
from harvest.ledger.manifest import ManifestLine, Split, write_manifest

Draw = Callable[[str, int], Image.Image]
SMALL = TrainSettings(image_size=96, features="top")


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory, draw: Draw, pictures: Path) -> Path:
    """Six fresh pictures, one of them under a wrong label, and a copy of a training picture."""
    root = tmp_path_factory.mktemp("apart") / "test"
    for label in ("dots", "stripes"):
        (root / label).mkdir(parents=True)
        for seed in range(3):
            draw(label, 7000 + seed).save(root / label / f"new{seed}.png")
    draw("dots", 7100).save(root / "stripes" / "wrong.png")
    shutil.copy(pictures / "dots" / "dots00.png", root / "dots" / "known.png")
    root.joinpath("dots", "broken.jpg").write_text("no picture")
    return root


def test_a_test_folder_only_measures(pictures: Path, apart: Path, tmp_path: Path) -> None:
    """The model is the one without it; its pictures are the figures, known ones are told."""
    settings = SMALL.model_copy(update={"test_dir": apart, "testing_percentage": 0})
    plain = SMALL.model_copy(update={"testing_percentage": 0})

    result = train(pictures, tmp_path / "run", settings)
    without = train(pictures, tmp_path / "plain", plain)

    assert result.model.read_bytes() == without.model.read_bytes()
    assert result.measured.best is not None
    name, found = result.measured.best
    assert (name, found.pictures, found.right) == ("test folder", 7, 6)
    assert result.card["data"]["pictures"] == 30
    assert result.card["measured"]["accuracy_on"] == "test folder"
    assert [e.example.path.name for e in result.findings.errors] == ["wrong.png"]
    assert {n.example.path.parent.parent for n in result.findings.errors[0].neighbours} == {
        pictures
    }
    assert result.findings.leakage is not None
    assert [t.held_out.path.name for t in result.findings.leakage.twins] == ["known.png"]
    assert any("broken.jpg" in note for note in result.notes)


def test_thresholds_stand_in_the_card(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`train --target-precision` tells each label's threshold, on stdout and for the users."""
    out = tmp_path / "run"

    code = winnow.main(
        [
            "classify",
            "train",
            str(pictures),
            "-o",
            str(out),
            "--image-size",
            "96",
            "--target-precision",
            "0.99",
        ]
    )

    found = json.loads(out.joinpath("card.json").read_bytes())["thresholds"]
    said = capsys.readouterr().out
    assert code == 0
    assert [t["label"] for t in found["of"]] == [None, "dots", "stripes"]
    for threshold in found["of"]:
        assert 0 <= threshold["threshold"] < 1
        assert threshold["precision_lower_bound_95"] < 0.99
        assert not threshold["proven"]
    assert said.count("threshold ") == 3
    assert "lower bound" in said


def test_evaluate_writes_the_same_page(
    trained: TrainResult, apart: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Any model, a report of its errors and suspects, and the gate at the end."""
    alone = tmp_path / "alone.tflite"
    shutil.copy(trained.model, alone)
    shutil.copy(trained.out / "labels.txt", tmp_path / "labels.txt")
    report = tmp_path / "deep" / "report"

    code = winnow.main(
        [
            "classify",
            "evaluate",
            str(alone),
            str(apart),
            "--report",
            str(report),
            "--json",
            "--target-precision",
            "0.5",
            "--min-accuracy",
            "0.99",
        ]
    )

    printed = capsys.readouterr()
    facts = json.loads(printed.out)
    record = json.loads(report.joinpath("report.json").read_bytes())
    page = report.joinpath("report.html").read_text(encoding="utf-8")
    assert code == 6
    assert "is below 0.99" in printed.err
    assert (facts["pictures"], facts["right"]) == (8, 7)
    assert facts["suspects"]["listed"][0]["file"] == "stripes/wrong.png"
    assert facts["thresholds"][0]["precision"] >= 0.5
    assert record["measured"][0]["curves"].keys() == {"dots", "stripes"}
    for words in ("How good it is", "Misclassified", "Labels to look at", "broken.jpg"):
        assert words in page
    assert sorted(path.name for path in report.iterdir()) == ["report.html", "report.json"]


def test_nothing_is_chosen_on_what_was_learnt(
    trained: TrainResult, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On its own training pictures a model gets no thresholds and no suspects, and is told why."""
    winnow.main(
        [
            "classify",
            "evaluate",
            str(trained.out),
            str(pictures),
            "--json",
            "--target-precision",
            "0.9",
        ]
    )

    printed = capsys.readouterr()
    facts = json.loads(printed.out)
    assert facts["thresholds"] == []
    assert facts["suspects"] is None
    assert "fitted on these very pictures" in facts["none_because"]["thresholds"]
    assert "fitted on these very pictures" in printed.err


def test_a_report_that_cannot_be_written_is_a_line(
    trained: TrainResult, apart: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the way of the folder: exit 2, named."""
    (tmp_path / "file").touch()

    code = winnow.main(
        ["classify", "evaluate", str(trained.out), str(apart), "--report", str(tmp_path / "file")]
    )

    assert code == 2
    assert f"{tmp_path / 'file'}: cannot be written" in capsys.readouterr().err.splitlines()[-1]


def test_accounts_of_a_manifest_are_told_apart(tmp_path: Path, draw: Draw) -> None:
    """Figures by account, refits without each, and a warning for the label that is one artist."""
    lines = []
    for number in range(36):
        label, split = ("dots", "stripes")[number % 2], ("train", "validation", "test")[number % 3]
        file = f"{split}/{label}/{number}.png"
        (tmp_path / "build" / file).parent.mkdir(parents=True, exist_ok=True)
        draw(label, 8000 + number).save(tmp_path / "build" / file)
        account = f"artist{number % 4 // 2}" if label == "dots" else "only_one"
        lines.append(_line(file, label, split, number, account))  # type: ignore[arg-type]
    write_manifest(tmp_path / "build" / "manifest.jsonl", lines)

    result = train(tmp_path / "build", tmp_path / "run", SMALL)
    again = evaluate(Predictor(result.out), tmp_path / "build", split="test")

    assert again.trained_on  # the model was fitted on all parts in the end
    found = {m.account: m for m in result.findings.accounts}
    assert set(found) == {"twitter:artist0", "twitter:artist1", "twitter:only_one"}
    assert found["twitter:artist0"].alone is not None
    assert found["twitter:only_one"].why_not == "no other account has 'stripes'"
    assert [n for n in result.notes if "the artist, not the label" in n] == [
        "all pictures of 'stripes' come from twitter:only_one: the model may have learnt the "
        "artist, not the label; add other accounts"
    ]
    assert "By account" in result.report.read_text(encoding="utf-8")


def _line(file: str, label: str, split: Split, number: int, account: str) -> ManifestLine:
    return ManifestLine(
        file=file,
        sha256=f"{number:064x}",
        label=label,
        split=split,
        group=f"g{number}",
        source="twitter",
        account=account,
        post_url=None,
        urls=(),
        posted_at=None,
        width=1,
        height=1,
        bytes=1,
        phash256=f"{number:064x}",
    )
