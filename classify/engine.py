"""The one home of the LiteRT interpreter: a model, run by as many threads as call it."""

from __future__ import annotations

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


class Engine:
    """A TFLite model from its bytes, with one single-threaded interpreter for each thread.

    That is as fast as one interpreter with many threads on big batches, and lets decoding and
    inference overlap. Raises DataError, naming `name`, when the bytes are no model that runs.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._name = name
        self._threads = threading.local()
        interpreter = self._open()
        self.inputs = [_spec(d) for d in interpreter.get_input_details()]
        self.outputs = [_spec(d) for d in interpreter.get_output_details()]

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """First output for `batch`, which fills the first input; both begin with the batch."""
        interpreter = self._interpreter(batch.shape)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
        interpreter.invoke()
        output: NDArray[Any] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        return output

    def _interpreter(self, shape: tuple[int, ...]) -> Interpreter:
        known: dict[tuple[int, ...], Interpreter] = self._threads.__dict__.setdefault("known", {})
        if shape not in known:
            known[shape] = self._open(shape)
        return known[shape]

    def _open(self, shape: tuple[int, ...] | None = None) -> Interpreter:
        if not self._data:
            raise DataError(f"{self._name}: the file has 0 bytes; wanted a .tflite model")
        try:
            with _quiet():
                interpreter = Interpreter(model_content=self._data, num_threads=1)
                if shape is not None:
                    first = interpreter.get_input_details()[0]
                    if tuple(first["shape"]) != shape:
                        interpreter.resize_tensor_input(first["index"], shape, strict=True)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            said = " ".join(str(error).split())[:200]
            raise DataError(f"{self._name}: not a .tflite model that runs here: {said}") from error
        return interpreter


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


_first = threading.Lock()
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
