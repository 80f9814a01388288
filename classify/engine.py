"""The one home of the LiteRT interpreter: a model, run by as many threads as call it."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from harvest.ledger.errors import DataError

_MOST_NUMBERS = 256 * 1024 * 1024
_REFUSALS = (ValueError, RuntimeError, MemoryError)  # what LiteRT answers a bad file with


_first = threading.Lock()


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What a model takes or gives."""

    name: str
    """As the file says it."""
    shape: tuple[int, ...]
    """With the batch; -1 where a dimension is free."""
    dtype: str
    """numpy's name: `float32`, `uint8`, `int8`."""
    scale: float
    """Quantisation: value = scale * (number - zero_point); 0 when there is none."""
    zero_point: int
    """See `scale`."""

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"


@dataclass(frozen=True, slots=True)
class _Ready:
    """An interpreter with its tensors allocated, and the numbers of its first ends."""

    interpreter: Interpreter
    taken: int
    given: int


class Engine:
    """A TFLite model from its bytes, with one single-threaded interpreter for each thread.

    That is as fast as one interpreter with many threads on big batches, and lets decoding and
    inference overlap. Raises DataError, naming `name`, when the bytes are no model that runs.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._name = name
        self._threads = threading.local()
        ready = self._open()
        interpreter = ready.interpreter
        self.inputs = [_spec(d) for d in interpreter.get_input_details()]
        self.outputs = [_spec(d) for d in interpreter.get_output_details()]
        self.signatures = tuple(interpreter.get_signature_list())
        """Names of the ways to call it, as the file says them."""
        first = tuple(int(n) for n in interpreter.get_input_details()[0]["shape"])
        self._spare = [(first, ready)]  # for the first thread that asks for this shape

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """First output for `batch`, which fills the first input; both begin with the batch.

        Raises DataError when the model cannot be run on it.
        """
        ready = self._ready(batch.shape)
        try:
            ready.interpreter.set_tensor(ready.taken, batch)
            ready.interpreter.invoke()
        except _REFUSALS as error:
            raise DataError(f"{self._name}: the model does not run: {_line(error)}") from error
        output: NDArray[Any] = ready.interpreter.get_tensor(ready.given)
        return output

    def _ready(self, shape: tuple[int, ...]) -> _Ready:
        known: dict[tuple[int, ...], _Ready] = self._threads.__dict__.setdefault("known", {})
        if shape not in known:
            known[shape] = self._taken(shape) or self._open(shape)
        return known[shape]

    def _taken(self, shape: tuple[int, ...]) -> _Ready | None:
        with _first:
            if self._spare and self._spare[0][0] == shape:
                return self._spare.pop()[1]
        return None

    def _open(self, shape: tuple[int, ...] | None = None) -> _Ready:
        if not self._data:
            raise DataError(f"{self._name}: the file has 0 bytes; wanted a .tflite model")
        try:
            with _quiet():
                interpreter = Interpreter(model_content=self._data, num_threads=1)
                taken, given = _ends(interpreter)
                if shape is None:
                    _check_room(interpreter)
                elif tuple(taken["shape"]) != shape:
                    interpreter.resize_tensor_input(taken["index"], shape, strict=True)
                interpreter.allocate_tensors()
        except _REFUSALS as error:
            said = f"{self._name}: not a .tflite model that runs here: {_line(error)}"
            raise DataError(said) from error
        return _Ready(interpreter, taken["index"], given["index"])


def _ends(interpreter: Interpreter) -> tuple[dict[str, Any], dict[str, Any]]:
    """First input and first output. Raises ValueError where there is none."""
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if not inputs or not outputs:
        raise ValueError(f"it has {len(inputs)} inputs and {len(outputs)} outputs")
    return inputs[0], outputs[0]


def _check_room(interpreter: Interpreter) -> None:
    # LiteRT checks that a file is whole, and then takes whatever memory its shapes ask for.
    shapes = [details["shape"] for details in interpreter.get_tensor_details()]
    numbers = sum(math.prod(int(n) for n in shape) for shape in shapes)
    if numbers > _MOST_NUMBERS:
        raise ValueError(f"its tensors hold {numbers:,} numbers; wanted at most {_MOST_NUMBERS:,}")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _spec(details: dict[str, Any]) -> TensorSpec:
    signature = details["shape_signature"]
    shape = signature if len(signature) else details["shape"]
    scale, zero_point = details["quantization"]
    return TensorSpec(
        name=str(details["name"]),
        shape=tuple(int(n) for n in shape),
        dtype=np.dtype(details["dtype"]).name,
        scale=float(scale),
        zero_point=int(zero_point),
    )


_announced = False


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide the line that LiteRT writes to stderr, once a process, whatever one sets."""
    global _announced  # noqa: PLW0603 - the line is the process's, so is the flag
    with _first:
        hidden = None if _announced else _hide_stderr()
        try:
            yield
            _announced = True
        finally:
            if hidden is not None:
                os.dup2(hidden, 2)
                os.close(hidden)


def _hide_stderr() -> int | None:
    try:
        kept = os.dup(2)
    except OSError:  # started without a stderr
        return None
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return kept
