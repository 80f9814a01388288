"""The report: all sections, nothing from outside, bounded whatever comes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from classify.measures.findings import Findings, look_closer, misclassified
from classify.measures.held_out import Measured, measure_held_out
from classify.measures.judged import judge
from classify.measures.learning import LearningPoint
from classify.measures.suspects import find_suspects
from classify.measures.thresholds import thresholds
from classify.pictures import Pictures
from classify.report.making import learning_section, tried_section
from classify.report.page import write_report
from classify.train import TrainResult
from classify.tuning import Trainer, Tuning

Make = Callable[..., Pictures]
EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Collects tags with their attributes, words, and what was left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of the tags of one name."""
        return [attrs for name, attrs in self.tags if name == tag]


def _card(pictures: Pictures) -> dict[str, Any]:
    return {
        "output": {"labels": list(pictures.labels)},
        "data": {
            "pictures": len(pictures.examples),
            "labels": pictures.counts(),
            "skipped": [{"file": EVIL, "reason": "truncated", "detail": EVIL}],
        },
        "split": {"by": "manifest", "pictures": pictures.split_counts()},
        "input": {"shape": [1, 96, 96, 3], "formula": "(byte - 127.5) / 127.5", "fit": "squash"},
        "backbone": {"name": "b", "features": "top", "source": EVIL, "licence": "none known"},
        "head": {"l2": 10.0, "chosen_on": "folds", "temperature": 1.0},
        "model": {"bytes": 1_000_000, "format": "float32"},
        "refit": {"note": "Fitted again on all pictures."},
    }


def _report(pictures: Pictures, out: Path, folds: int = 0) -> tuple[Page, dict[str, Any]]:
    trainer = Trainer(len(pictures.labels), "balanced", 10.0)
    measured = measure_held_out(pictures, trainer, folds)
    findings = look_closer(pictures, measured, trainer, target=0.95)
    out.mkdir()
    write_report(out, _card(pictures), measured, findings, findings.notes)
    record = json.loads((out / "report.json").read_bytes())
    return Page((out / "report.html").read_text(encoding="utf-8")), record


def _clouds(make: Make, labels: tuple[str, ...], each: int, noise: float, **given: Any) -> Pictures:
    rng = np.random.default_rng(1)
    y = np.repeat(np.arange(len(labels)), each)
    centres = rng.normal(size=(len(labels), 16))
    x = centres[y] + noise * rng.normal(size=(len(y), 16))
    return make(x, y.tolist(), labels, **given)


@pytest.fixture(scope="module")
def two(embedded: Make, tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, dict[str, Any]]:
    """Two labels with hostile names, accounts, errors with real pictures, and a twin."""
    root = tmp_path_factory.mktemp("two")
    names = [f"x:{EVIL}" if i % 3 else "x:other" for i in range(160)]
    found = _clouds(embedded, ("a", EVIL), 80, 2.0, accounts=names)
    examples = []
    for i, example in enumerate(found.examples):
        path = root / f"{i:03}.png"
        seed = i // 2 if i < 40 else i
        shade = np.random.default_rng(seed).integers(0, 255, (40, 40, 3), np.uint8)
        Image.fromarray(shade).save(path)
        examples.append(replace(example, path=path, file=f"{EVIL}/{i:03}.png"))
    x = found.sample.x.copy()
    x[1:40:2] = x[0:40:2]
    sample = replace(found.sample, x=x)
    pictures = replace(found, examples=tuple(examples), sample=sample)
    return _report(pictures, root / "out", folds=4)


def test_every_section_can_be_reached_by_keyboard(two: tuple[Page, dict[str, Any]]) -> None:
    """Links at the top lead to what is there; each chart and table says what it is."""
    page, _ = two
    links = [a["href"] for a in page.named("a") if (a["href"] or "").startswith("#")]
    anchors = {f"#{attrs['id']}" for _, attrs in page.tags if attrs.get("id")}
    charts = [attrs for attrs in page.named("svg") if attrs.get("role") == "img"]

    assert set(links) <= anchors
    for name in ("figures", "curves", "thresholds", "errors", "suspects", "accounts", "twins"):
        assert f"#{name}" in links
    assert len(charts) == 4
    assert len(page.named("desc")) == len(charts)
    assert len(page.named("h1")) == 1


def test_the_page_loads_and_runs_nothing(two: tuple[Page, dict[str, Any]]) -> None:
    """Labels, files, accounts and licences are text; pictures are data; there is no script."""
    page, _ = two

    assert not page.named("script")
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert all((a["src"] or "").startswith("data:image/webp") for a in page.named("img"))
    assert not {"link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert sum(EVIL in words for words in page.words) > 10


def test_errors_stand_with_their_probabilities_and_neighbours(
    two: tuple[Page, dict[str, Any]],
) -> None:
    """Every error is in the record with three training pictures; the page shows the first 60."""
    page, record = two
    folds = record["measured"][0]

    assert folds["name"] == "4 folds"
    assert len(record["misclassified"]) == folds["pictures"] - folds["right"] > 0
    for error in record["misclassified"]:
        assert error["predicted"] != error["label"]
        assert len(error["nearest"]) == 3
        assert sum(error["probabilities"].values()) == pytest.approx(1.0, abs=1e-6)
    sure = [error["probability"] for error in record["misclassified"]]
    assert sure == sorted(sure, reverse=True)
    assert len([a for a in page.named("div") if a.get("class") == "near"]) == min(60, len(sure))


def test_the_record_holds_what_the_charts_show(two: tuple[Page, dict[str, Any]]) -> None:
    """Curves, probabilities, thresholds, accounts, suspects, twins, learning curve."""
    _, record = two
    folds = record["measured"][0]

    assert set(folds["curves"]) == {"a", EVIL}
    twins = record["leakage"]["twins"]
    assert twins
    assert len(folds["probabilities"]) == folds["pictures"] == 160 - len(twins)
    assert [t["label"] for t in record["thresholds"]] == [None, "a", EVIL]
    assert {m["account"] for m in record["accounts"]} == {f"x:{EVIL}", "x:other"}
    assert record["suspects"]["pictures"] == 160
    assert len(record["learning_curve"]) == 4


def test_what_was_taken_is_marked_and_why() -> None:
    """The simplest within noise of the best; the rule stands above the table."""
    tried = [
        {"name": "top", "log_loss": 0.5, "behind": 0.3, "noise": 0.1, "accuracy": 0.8},
        {"name": "all", "log_loss": 0.21, "behind": 0.01, "noise": 0.02, "accuracy": 0.9},
        {"name": "more", "log_loss": 0.2, "behind": 0.0, "noise": 0.0, "accuracy": 0.9},
    ]

    page = tried_section({"features": tried})

    assert "within one standard error of the best" in page
    rows = [row for row in page.split("<tr>") if "<td" in row]
    assert [("taken" in row) for row in rows] == [False, True, False]


def test_the_learning_curve_has_its_ticks_where_it_was_measured() -> None:
    """And its accuracies keep room for a digit more than the axis' name leaves."""
    points = [LearningPoint(n, n - 1, n) for n in (37, 180, 361)]

    page = learning_section(points)

    for n in (37, 180, 361):
        assert f">{n}</text>" in page
    ends = [float(x) for x in re.findall(r'<text x="([\d.]+)"[^>]*text-anchor="end">[\d.]+%', page)]
    assert min(ends) >= 58


def test_a_thousand_labels_stay_a_page(embedded: Make, tmp_path: Path) -> None:
    """No million cells: the worst confusions as a list, curves of few labels, under 3 MB each."""
    labels = tuple(f"label {i:04}" for i in range(1000))
    pictures = embedded(np.zeros((1200, 1)), [i % 1000 for i in range(1200)], labels)
    sure = np.random.default_rng(1).dirichlet(np.full(1000, 0.01), 1200)
    judged = judge("test", labels, pictures.examples, pictures.sample.y, sure)
    findings = Findings(
        errors=misclassified(judged),
        thresholds=thresholds(sure, judged.truth, labels, 0.9),
        suspects=find_suspects(judged.examples, judged.truth, judged.probabilities, labels),
    )
    measured = Measured(Tuning(10.0, 1.0, "nothing", ()), (judged,))

    write_report(tmp_path, _card(pictures), measured, findings, ())

    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    record = json.loads((tmp_path / "report.json").read_bytes())
    sizes = [(tmp_path / f"report.{kind}").stat().st_size for kind in ("html", "json")]
    assert max(sizes) < 3_000_000
    assert len(record["measured"][0]["curves"]) == 40
    assert record["measured"][0]["probabilities"] is None
    assert not [a for a in page.named("table") if "matrix" in (a.get("class") or "")]
    assert len(page.named("path")) < 60
    assert len(findings.errors) > 1000
    assert len(page.named("article")) == 60 + 60  # errors and suspects


def test_forty_labels_show_their_confusion_matrix(embedded: Make, tmp_path: Path) -> None:
    """Small cells, blank zeros, and the most frequent confusions in words."""
    labels = tuple(f"label {i:02}" for i in range(40))

    page, _ = _report(_clouds(embedded, labels, 10, 1.5), tmp_path / "out")

    assert [a.get("class") for a in page.named("table")].count("matrix dense") == 1
    assert any("the most frequent of" in words for words in page.words)


def test_nothing_measured_is_said_in_the_headline(embedded: Make, tmp_path: Path) -> None:
    """Two pictures: no figures, no charts, and why, in page and record."""
    pictures = replace(embedded(np.eye(2, 3), [0, 1], ("a", "b")), splits=("train", "train"))

    page, record = _report(pictures, tmp_path / "out")

    assert any("nothing could be measured" in words for words in page.words)
    assert not page.named("svg")
    assert record["measured"] == []
    assert record["none_because"]["suspects"] == "a label has too few pictures to be held out"


def test_the_same_training_gives_the_same_report(trained: TrainResult) -> None:
    """No time, no place, no chance: and nothing of this machine."""
    page = trained.report.read_text(encoding="utf-8")

    assert str(trained.out.parent) not in page
    assert not re.search(r"20\d\d-\d\d-\d\d", page)
