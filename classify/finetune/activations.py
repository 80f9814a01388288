"""What the untrained lower blocks make of each picture: computed once, read again every epoch.

float16 numbers in plain files, a row a picture: half the disk, and far finer than what a step
changes. A file is only ever appended to, so a kill costs the rows that were under way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classify.choices import Fit
from classify.embed import in_threads
from classify.finetune.lessons import Distortion, Floats, Shown, seen
from classify.finetune.network import Network
from classify.finetune.runtime import keras, tensorflow

_TOGETHER = 32  # pictures
_HALF = np.dtype("<f2")


class Source(Protocol):
    """Where the inputs of the trained part come from."""

    def batches(self, order: Sequence[int], size: int, version: int) -> Iterator[list[Floats]]:
        """Yield the pictures at these places, `size` at a time, in a version: 0 is the plain one.

        One array [pictures, ...] for each layer of the cut.
        """


class Lower:
    """The part of a network below the cut `upper`."""

    def __init__(self, network: Network) -> None:
        """Take the layers as they are; they do not change meanwhile."""
        tf = tensorflow()
        model = network.model
        outputs = [model.get_layer(name).output for name in network.cuts["upper"]]
        body = keras().Model(model.inputs[0], outputs)
        self._shapes = [tuple(int(n) for n in output.shape[1:]) for output in outputs]
        self.numbers = sum(int(np.prod(shape)) for shape in self._shapes)
        """Of a picture."""
        picture = tf.TensorSpec((None, network.side, network.side, 3), tf.float32)
        self._run = tf.function(lambda x: body(x, training=False), input_signature=[picture])

    @property
    def row_bytes(self) -> int:
        """Bytes on disk for a picture."""
        return self.numbers * _HALF.itemsize

    def rows(self, pictures: Floats) -> NDArray[np.float16]:
        """float16 [pictures, numbers] for float32 [pictures, side, side, 3]."""
        found = self._run(pictures)
        parts = found if isinstance(found, list | tuple) else [found]
        flat = [part.numpy().reshape(len(pictures), -1) for part in parts]
        return np.concatenate(flat, axis=1).astype(_HALF)

    def split(self, rows: NDArray[np.float16]) -> list[Floats]:
        """Return the layers' float32 outputs, [pictures, *shape] each, from their rows."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self._shapes])[:-1]
        return [
            part.astype(np.float32).reshape(len(rows), *shape)
            for part, shape in zip(np.split(rows, ends, axis=1), self._shapes, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Streamed:
    """Pictures decoded whenever they are wanted, a few hundred at a time in memory."""

    pictures: Sequence[Shown]
    """All there are."""
    side: int
    """Pixels."""
    fit: Fit
    """How a picture becomes a square."""
    distortion: Distortion
    """Of every version but 0."""
    lower: Lower | None
    """What they are sent through; None: they are the input themselves."""

    def batches(self, order: Sequence[int], size: int, version: int) -> Iterator[list[Floats]]:
        """See `Source`."""

        def look(place: int) -> Floats:
            return seen(self.pictures[place], self.side, self.fit, self.distortion, version)

        found = in_threads(look, order, 0)
        while batch := list(islice(found, size)):
            together = np.stack(batch)
            # Through the same rounding as what is kept: where it came from changes no number.
            yield self.lower.split(self.lower.rows(together)) if self.lower else [together]


@dataclass(frozen=True, slots=True)
class Kept:
    """Activations on disk."""

    lower: Lower
    """What made them."""
    versions: dict[int, NDArray[np.float16]]
    """Version to rows [pictures, numbers], mapped."""

    def batches(self, order: Sequence[int], size: int, version: int) -> Iterator[list[Floats]]:
        """See `Source`."""
        rows = self.versions[version]
        for begin in range(0, len(order), size):
            yield self.lower.split(np.asarray(rows[list(order[begin : begin + size])]))


def keep(
    file: Path, lower: Lower, source: Streamed, version: int, told: Callable[[int], None]
) -> NDArray[np.float16]:
    """Return a version's rows, [pictures, numbers]; what `file` lacks is computed and added.

    `told` hears how many pictures were done, each time. Raises OSError when the disk is full.
    """
    row, count = lower.row_bytes, len(source.pictures)
    pictures = Streamed(source.pictures, source.side, source.fit, source.distortion, None)
    with file.open("ab") as out:
        whole = min(out.tell() // row, count)
        out.truncate(whole * row)
        told(whole)
        for (batch,) in pictures.batches(range(whole, count), _TOGETHER, version):
            out.write(lower.rows(batch).tobytes())
            out.flush()
            told(len(batch))
        os.fsync(out.fileno())
    return np.memmap(file, _HALF, "r", shape=(count, lower.numbers))
