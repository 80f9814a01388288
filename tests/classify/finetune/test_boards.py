"""Event files, read back with TensorBoard's own reader, and the pictures in them."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classify.data import Example
from classify.finetune.boards import Board, confusion, samples
from classify.finetune.checkpoint import Epoch
from classify.measures.judged import Judged, judge

EPOCHS = [
    Epoch(0, None, 0.0, math.nan, 0.5, 0.75),
    Epoch(1, "upper", 0.003, 0.6, 0.4, 0.8),
    Epoch(2, "upper", 0.001, 0.5, 0.3, 0.9),
]


@pytest.fixture
def judged(tmp_path: Path, draw: Callable[[str, int], Image.Image]) -> Judged:
    """Six pictures of two labels, one of which was taken for the other, and one is gone."""
    examples = []
    for i, label in enumerate(["dots", "stripes"] * 3):
        path = tmp_path / f"{label}{i}.png"
        if i:
            draw(label, i).save(path)
        examples.append(Example(path, path.name, label, "test", ""))
    odds = np.array([0.9, 0.2, 0.8, 0.4, 0.3, 0.1])
    truth = np.array([0, 1] * 3, np.intp)
    return judge("test", ("dots", "stripes"), tuple(examples), truth, np.stack([odds, 1 - odds], 1))


def test_a_confusion_matrix_is_darkest_where_all_of_a_label_went(judged: Judged) -> None:
    """Rows are the truth: two of three dots are right, all three stripes are."""
    drawn = confusion(judged.measure)

    cells = drawn[-64:, -64:].reshape(2, 32, 2, 32, 3)[:, 2, :, 2, 0]
    assert drawn.shape == (120 + 64, 120 + 64, 3)
    assert cells.tolist() == [[85, 170], [255, 0]]


def test_many_labels_still_make_a_picture_of_bounded_size() -> None:
    """A thousand names cannot be read, the diagonal can."""
    truth = np.arange(300, dtype=np.intp)
    examples = tuple(Example(Path("x"), "x", str(i), "test", "") for i in truth)
    names = tuple(map(str, truth))

    drawn = confusion(judge("test", names, examples, truth, np.eye(300)).measure)

    assert drawn.shape == (600, 600, 3)
    assert drawn[::2, ::2, 0].trace() == 0


def test_samples_show_the_least_sure_pictures_first(judged: Judged) -> None:
    """The one that was taken for another label stands first; what is gone leaves its place."""
    sheet = samples(judged, "squash")

    wrong = np.asarray(Image.open(judged.examples[4].path).convert("RGB").resize((160, 160), 3))
    assert sheet.shape == (2 * 188, 3 * 160, 3)
    assert np.abs(sheet[:160, :160].astype(int) - wrong).mean() < 2
    assert (sheet[188 : 188 + 160].reshape(160, 3, 160, 3) == 255).all(axis=(0, 2, 3)).any()


@pytest.mark.tensorflow
def test_tensorboard_reads_curves_and_pictures(tmp_path: Path, judged: Judged) -> None:
    """Its own reader finds every point, and the pictures as they were drawn."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    folder = tmp_path / "sums"
    for rounds in (EPOCHS[:2], EPOCHS):  # the second training takes the place of the first
        with Board.opened(folder) as board:
            for epoch in rounds:
                board.epoch(epoch)
            board.results([judged], "squash")

    read = {}
    for run in ("train", "validation"):
        events = EventAccumulator(str(folder / run), size_guidance={"tensors": 0})
        events.Reload()
        read[run] = {
            tag: [(e.step, tensor_util.make_ndarray(e.tensor_proto)) for e in events.Tensors(tag)]
            for tag in events.Tags()["tensors"]
        }
    train, validation = read["train"], read["validation"]
    assert [(n, round(float(v), 4)) for n, v in train["loss"]] == [(1, 0.6), (2, 0.5)]
    assert [(n, round(float(v), 4)) for n, v in train["learning_rate"]] == [(1, 0.003), (2, 0.001)]
    assert [round(float(v), 4) for _, v in validation["loss"]] == [0.5, 0.4, 0.3]
    assert [round(float(v), 4) for _, v in validation["accuracy"]] == [0.75, 0.8, 0.9]
    ((_, picture),) = validation["confusion, test"]
    assert picture[:2].tolist() == [b"184", b"184"]
    assert "least sure, test" in validation
    assert [len(list((folder / run).iterdir())) for run in ("train", "validation")] == [1, 1]


FULL = """
import resource, signal, sys
from pathlib import Path
from classify.finetune.boards import Board
from classify.finetune.checkpoint import Epoch
from classify.finetune.runtime import tensorflow
tensorflow()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
with Board.opened(Path(sys.argv[1])) as board:
    for number in range(1, 9):
        board.epoch(Epoch(number, "upper", 0.1, 0.2, 0.3, 0.4))
print("went on")
print(*board.notes, sep="\\n")
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize("room", [0, 400])
def test_a_disk_that_takes_no_more_ends_the_event_files_alone(tmp_path: Path, room: int) -> None:
    """The training goes on, and one line says what is missing."""
    words = [sys.executable, "-c", FULL, str(tmp_path / "sums"), str(room)]

    done = subprocess.run(words, cwd="/", capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        f"went on\n--summaries-dir {tmp_path / 'sums'}: TensorBoard's event files end early: they "
        "cannot be written any more; is the disk full?\n"
    )
