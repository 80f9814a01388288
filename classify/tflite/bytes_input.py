"""A float graph that takes bytes: the first operators turn 0..255 into what it was trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from classify.tflite.flatbuffer import Graph
from classify.tflite.prune import constants, prune


def taking_bytes(model: bytes) -> bytes:
    """Return a model whose float32 input in [-1, 1] has become uint8, 0 to 255.

    Where scaling the input is all that the graph does first, and a whole zero point says the same,
    one DEQUANTIZE does both: for the embedded backbone (byte - 127) / 128, exactly.
    """
    graph = Graph.read(model)
    main = graph.model.subgraphs[0]
    source = int(main.inputs[0])
    scaled, factor, term = _scaling(graph, source)
    scale = factor / 127.5
    zero_point = 127.5 - term * 127.5 / factor if factor > 0 else -1.0
    whole = abs(zero_point - round(zero_point)) < 1e-4 and 0 <= round(zero_point) <= 255
    if not whole:
        scaled, scale, zero_point = source, 1 / 127.5, 0.0
    taken = graph.like(source, "uint8")
    main.tensors[taken].quantization = schema.QuantizationParametersT(
        scale=[scale], zeroPoint=[round(zero_point)]
    )
    first = []
    if whole:
        main.operators = [o for o in main.operators if scaled not in map(int, o.outputs)]
        first.append(graph.operator("DEQUANTIZE", [taken], [scaled], version=2))
    else:
        above = graph.like(source, "float32")
        minus = graph.constant("minus one", np.array([-1], np.float32))
        first.append(graph.operator("DEQUANTIZE", [taken], [above], version=2))
        first.append(graph.operator("ADD", [above, minus], [source], schema.AddOptionsT()))
    main.operators = [*first, *main.operators]
    main.inputs = [taken]
    for signature in graph.model.signatureDefs or ():
        for entry in signature.inputs or ():
            entry.tensorIndex = taken
    prune(graph.model)
    return graph.write()


def _scaling(graph: Graph, source: int) -> tuple[int, float, float]:
    """Follow `x * factor + term` from the input on: the tensor it ends in, and the numbers."""
    known = constants(graph.model)
    index, factor, term = source, 1.0, 0.0
    while True:
        readers = [o for o in graph.model.subgraphs[0].operators if index in map(int, o.inputs)]
        number = _scalar(readers[0], index, known) if len(readers) == 1 else None
        name = graph.code(readers[0]) if readers else ""
        if number is None or name not in ("MUL", "ADD"):
            return index, factor, term
        factor, term = (
            (factor * number, term * number) if name == "MUL" else (factor, term + number)
        )
        index = int(readers[0].outputs[0])


def _scalar(operator: Any, index: int, known: Any) -> float | None:
    others = [int(i) for i in operator.inputs if int(i) != index]
    numbers = known.get(others[0]) if len(others) == 1 else None
    return None if numbers is None or numbers.size != 1 else float(numbers.reshape(-1)[0])
