"""A tweet to a .tflite, and back: the whole way by its commands, every step traceable."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import winnow
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.manifest import read_manifest
from harvest.ledger.urllog import read_url_log
from harvest.sandbox.compare import compare, key_of, labels_of, read_found, sort_by_truth
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

PLANT = {"exact_duplicate": 2, "reencode": 3, "tiny": 1, "blank": 1, "truncated": 1, "html": 1}
TARGETS = ["twitter:ada", "twitter:bruno", "tumblr:cleo-comics"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    size = (400, 560)
    world = World.planned(
        WorldPlan(
            seed=7,
            accounts=(
                FeedPlan(name="ada", styles={"inkwell": 1}, pictures=24, plant=PLANT, size=size),
                FeedPlan(
                    name="bruno", styles={"landscape": 1, "portrait": 1}, pictures=30, size=size
                ),
            ),
            blogs=(
                FeedPlan(
                    name="cleo",
                    styles={"bubblegum": 1},
                    pictures=10,
                    tags=("cleo-comics",),
                    size=size,
                ),
            ),
        )
    )
    with running_sandbox(world) as running:
        yield running


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> DatasetFolder:
    """Run, sort by hand, run again."""
    top = tmp_path_factory.mktemp("pipeline")
    config = top / "c.yaml"
    config.write_text(
        f"dataset: {top}/set\n"
        "targets:\n  - twitter: [ada, bruno]\n  - tumblr: {tag: cleo-comics}\n    label: comic\n"
        "train: {image_size: 96}\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINNOW_CACHE", str(top / "cache"))
        assert winnow.main(["run", str(config), "--sandbox", sandbox.url]) == 0
        folder = DatasetFolder(top / "set")
        assert sort_by_truth(folder, sandbox.world.truth()) > 40
        assert winnow.main(["run", str(config), "--sandbox", sandbox.url]) == 0
    return folder


def test_nothing_new_is_not_learnt_twice(
    built: DatasetFolder, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same command once more asks for nothing it has and leaves the model as it stands."""
    config = built.root.parent / "c.yaml"
    code = winnow.main(["run", str(config), "--sandbox", sandbox.url])

    assert code == 0
    assert f"the model stands in {built.models / '001'}" in capsys.readouterr().out
    assert [path.name for path in built.models.iterdir()] == ["001"]


def test_what_was_planted_is_found(built: DatasetFolder, sandbox: Sandbox) -> None:
    """Every planted picture is handled as its kind asks, and no clean one is flagged."""
    rows = compare(sandbox.world.truth(), TARGETS, read_found(built))

    assert {row.kind for row in rows} == {
        *("clean", "exact_duplicate", "reencode", "tiny", "blank", "broken")
    }
    assert [row for row in rows if row.handled != row.planted] == []


def test_a_prediction_leads_back_to_its_post(built: DatasetFolder) -> None:
    """From the card to the manifest, to the bytes, to the post that showed them."""
    card = json.loads((built.models / "001" / "card.json").read_text())
    lines = list(read_manifest(built.build / "manifest.jsonl"))
    line = lines[0]
    with sqlite3.connect(f"file:{built.catalog}?mode=ro", uri=True) as catalog:
        found = catalog.execute(
            "SELECT post_url, author FROM sighting WHERE sha256 = ?", (line.sha256,)
        ).fetchall()
    catalog.close()

    assert card["data"]["pictures"] == len(lines)
    assert (line.post_url, line.account) in found
    assert (built.build / line.file).stat().st_ino == _raw(built, line.sha256).stat().st_ino


def test_labels_are_those_of_the_truth(built: DatasetFolder, sandbox: Sandbox) -> None:
    """Sorted by hand or by the tag's label, each picture stands under what it shows."""
    truth = labels_of(sandbox.world.truth())
    wrong = [
        line.file
        for line in read_manifest(built.build / "manifest.jsonl")
        if truth[key_of(Path(line.file).name)] != line.label
    ]

    assert wrong == []


def test_published_logs_give_the_same_pictures(
    built: DatasetFolder, sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Export, re-download elsewhere, compare: every line has its picture, and they are the same."""
    assert winnow.main(["curate", "export", str(built.root)]) == 0
    logs = sorted(built.root.glob("urls_*.log"))
    lock = built.root / f"{built.name}.lock.csv"
    capsys.readouterr()
    words = ["harvest", "urls", *map(str, logs), "-o", str(tmp_path / "again")]
    code = winnow.main([*words, "--lock", str(lock), "--json", "--sandbox", sandbox.url])
    report = json.loads(capsys.readouterr().out)
    lines = sum(1 for log in logs for _ in read_url_log(log))

    assert code == 0
    assert report["yield"] == 1.0
    assert sum(len(list(p.iterdir())) for p in (tmp_path / "again" / "images").iterdir()) == lines


def test_the_model_answers_for_a_plain_consumer(built: DatasetFolder, sandbox: Sandbox) -> None:
    """LiteRT alone, fed as label_image.py feeds it, tells comics from photographs."""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(str(built.models / "001" / "model.tflite"))
    model.allocate_tensors()
    labels = (built.models / "001" / "labels.txt").read_text().split()
    size = model.get_input_details()[0]["shape"][1]
    right = []
    for line in read_manifest(built.build / "manifest.jsonl"):
        with Image.open(built.build / line.file) as picture:
            pixels = np.asarray(picture.convert("RGB").resize((size, size)), np.float32)
        model.set_tensor(model.get_input_details()[0]["index"], (pixels[None] - 127.5) / 127.5)
        model.invoke()
        answer = model.get_tensor(model.get_output_details()[0]["index"])[0]
        right.append(labels[int(answer.argmax())] == line.label)

    assert np.mean(right) > 0.95


def _raw(folder: DatasetFolder, sha256: str) -> Path:
    (path,) = (folder.raw / sha256[:2]).glob(f"{sha256}.*")
    return path
