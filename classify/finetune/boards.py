"""What TensorBoard shows of a fine-tuning: curves, the confusion matrix and sample pictures.

Two runs, `train` and `validation`, as retrain.py's; files of ours that were there are replaced.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from classify.choices import Fit
from classify.finetune.checkpoint import Epoch
from classify.finetune.runtime import tensorflow
from classify.measures.judged import Judged
from classify.measures.measure import Measure
from classify.pixels import load_pixels
from harvest.ledger.errors import UsageError
from harvest.ledger.picture import PictureError

RUNS = ("train", "validation")
_OURS = ".winnow"
_CELL, _MARGIN = 32, 120  # pixels
_MOST_NAMED = 30  # labels of a confusion matrix whose names and counts can be read
_SAMPLES = 16
_SIDE, _CAPTION = 160, 28  # pixels

Sheet = NDArray[np.uint8]


class Board:
    """Event files of one training; without a folder it writes nothing.

    A disk that takes no more ends the event files, not the training.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}
        self.notes: list[str] = []
        """What people should know, one line each."""

    @classmethod
    @contextmanager
    def opened(cls, folder: Path | None) -> Iterator[Board]:
        """Give a board whose files are whole when the block ends."""
        board = cls(folder)
        if folder is not None:
            check_folder(folder)
            with board._ending():
                for run in RUNS:
                    for old in (folder / run).glob(f"events.out.tfevents.*{_OURS}"):
                        old.unlink()
                    board._writers[run] = tensorflow().summary.create_file_writer(
                        str(folder / run), filename_suffix=_OURS
                    )
        try:
            yield board
        finally:
            with board._ending():
                for writer in board._writers.values():
                    writer.close()

    def epoch(self, epoch: Epoch) -> None:
        """Add a point to each curve."""
        if not math.isnan(epoch.train_loss):
            self._scalars("train", epoch.number, loss=epoch.train_loss, learning_rate=epoch.rate)
        self._scalars("validation", epoch.number, loss=epoch.loss, accuracy=epoch.accuracy)

    def results(self, parts: Sequence[Judged], fit: Fit) -> None:
        """Add a confusion matrix and the least sure pictures of each part, by the network."""
        if not self._writers:
            return
        summary = tensorflow().summary
        with self._ending(), self._writers["validation"].as_default():
            for part in parts:
                summary.image(f"confusion, {part.name}", confusion(part.measure)[None], step=0)
                summary.image(f"least sure, {part.name}", samples(part, fit)[None], step=0)

    def _scalars(self, run: str, step: int, **values: float) -> None:
        if not self._writers:
            return
        with self._ending():
            with self._writers[run].as_default():
                for name, value in values.items():
                    tensorflow().summary.scalar(name, value, step=step)
            self._writers[run].flush()

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Write nothing more where the disk takes no more inside."""
        if self._folder is None:
            yield
            return
        try:
            yield
        except (tensorflow().errors.OpError, OSError):
            # What TensorFlow says of it is the path, torn: the reason is lost.
            self._writers = {}
            self.notes.append(
                f"--summaries-dir {self._folder}: TensorBoard's event files end early: they cannot "
                "be written any more; is the disk full?"
            )


def check_folder(folder: Path) -> None:
    """Raise UsageError where event files cannot be written into `folder`, or by nobody here."""
    if find_spec("tensorboard") is None:
        raise UsageError(
            "--summaries-dir needs TensorBoard, which is not installed: "
            "run `pip install 'winnow[tensorflow]'`"
        )
    made = [path for path in (*(folder / run for run in RUNS), folder) if not path.exists()]
    try:
        for run in RUNS:
            (folder / run).mkdir(parents=True, exist_ok=True)
            probe = folder / run / f"probe{_OURS}"
            probe.touch()
            probe.unlink()
        for path in made:  # nothing is left where the training comes to nothing
            path.rmdir()
    except OSError as error:
        raise UsageError(
            f"--summaries-dir {folder}: cannot be written ({error.strerror}); wanted a folder for "
            "TensorBoard's event files"
        ) from error


def confusion(found: Measure) -> Sheet:
    """Draw a confusion matrix, uint8 [height, width, 3]: rows are the truth, dark is much."""
    count = len(found.labels)
    named = count <= _MOST_NAMED
    cell, margin = (_CELL, _MARGIN) if named else (max(1, 640 // count), 0)
    image = Image.new("RGB", (margin + count * cell, margin + count * cell), "white")
    pen = ImageDraw.Draw(image)
    for row, counts in enumerate(found.confusion):
        if named:
            name = found.labels[row].label[:18]
            pen.text((4, margin + row * cell + 10), name, "black")
            column = Image.new("RGB", (margin, cell), "white")
            ImageDraw.Draw(column).text((4, 10), name, "black")
            turned = column.rotate(90, expand=True)
            image.paste(turned, (margin + row * cell, 0))
        for place, number in enumerate(counts):
            shade = round(255 * (1 - number / max(1, sum(counts))))
            left, top = margin + place * cell, margin + row * cell
            pen.rectangle((left, top, left + cell - 1, top + cell - 1), (shade, shade, 255))
            if named and number:
                ink = "white" if shade < 128 else "black"
                pen.text((left + 4, top + 10), str(number), ink)
    return np.asarray(image)


def samples(part: Judged, fit: Fit) -> Sheet:
    """Draw the pictures that a part was least sure of, each with its label and its answer."""
    sure = part.probabilities[np.arange(len(part.truth)), part.truth]
    rows = np.argsort(sure, kind="stable")[:_SAMPLES]
    across = math.ceil(math.sqrt(len(rows)))
    down = math.ceil(len(rows) / across)
    sheet = Image.new("RGB", (across * _SIDE, down * (_SIDE + _CAPTION)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows.tolist()):
        left, top = number % across * _SIDE, number // across * (_SIDE + _CAPTION)
        try:
            pixels = load_pixels(part.examples[row].path, (_SIDE, _SIDE), fit)
            sheet.paste(Image.fromarray(pixels), (left, top))
        except PictureError:  # gone meanwhile
            pass
        answer, probability = part.likeliest(row, 1)[0]
        pen.text((left + 2, top + _SIDE + 1), f"is {part.labels[part.truth[row]]}"[:28], "black")
        pen.text((left + 2, top + _SIDE + 13), f"{answer[:20]} {probability:.3f}", "black")
    return np.asarray(sheet)
