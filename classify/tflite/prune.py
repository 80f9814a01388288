"""A graph without what nothing reads: dead operators, tensors and buffers; the rest renumbered."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.tflite.flatbuffer import Types


def constants(model: Any) -> dict[int, NDArray[np.float32]]:
    """Float numbers of the main graph's constant tensors, by index.

    Those that a DEQUANTIZE unpacks from float16 are among them.
    """
    main = model.subgraphs[0]
    found = {}
    halves = {}
    for index, tensor in enumerate(main.tensors):
        data = model.buffers[tensor.buffer].data
        if data is None or not len(data) or tensor.shape is None:
            continue
        raw = np.ascontiguousarray(data).tobytes()
        shape = tuple(int(n) for n in tensor.shape)
        if tensor.type == Types.FLOAT32:
            found[index] = np.frombuffer(raw, "<f4").reshape(shape)
        elif tensor.type == Types.FLOAT16:
            halves[index] = np.frombuffer(raw, "<f2").astype(np.float32).reshape(shape)
    for operator in main.operators:
        for taken, given in zip(operator.inputs, operator.outputs, strict=False):
            if int(taken) in halves:
                found[int(given)] = halves[int(taken)]
    return found


def prune(model: Any) -> None:
    """Drop what the outputs and the file's metadata do not need, in place."""
    main = model.subgraphs[0]
    needed = {int(i) for i in main.outputs}
    kept = []
    for operator in reversed(main.operators):
        if needed & {int(i) for i in operator.outputs}:
            needed |= {int(i) for i in operator.inputs if i >= 0}
            needed |= {int(i) for i in operator.outputs}
            kept.append(operator)
    main.operators = kept[::-1]
    needed |= {int(i) for i in main.inputs}
    _renumber(main, sorted(needed), model.signatureDefs or [])
    _drop_buffers(model)


def _renumber(main: Any, kept: list[int], signatures: list[Any]) -> None:
    place = {old: new for new, old in enumerate(kept)} | {-1: -1}
    main.tensors = [main.tensors[old] for old in kept]
    for part in (main, *main.operators):
        part.inputs = [place[int(i)] for i in part.inputs]
        part.outputs = [place[int(i)] for i in part.outputs]
    for signature in signatures:
        for entry in (*(signature.inputs or ()), *(signature.outputs or ())):
            entry.tensorIndex = place[int(entry.tensorIndex)]


def _drop_buffers(model: Any) -> None:
    used = {0} | {tensor.buffer for part in model.subgraphs for tensor in part.tensors}
    used |= {entry.buffer for entry in model.metadata or ()}
    place = {old: new for new, old in enumerate(sorted(used))}
    model.buffers = [model.buffers[old] for old in sorted(used)]
    for part in model.subgraphs:
        for tensor in part.tensors:
            tensor.buffer = place[tensor.buffer]
    for entry in model.metadata or ():
        entry.buffer = place[entry.buffer]
