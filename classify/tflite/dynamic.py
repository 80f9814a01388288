"""A float32 graph with int8 weights in its convolutions, and float activations: a quarter of it.

The weights are unpacked once, when the model is loaded, and the layers run as float32 ones do.
TFLite's own dynamic-range kernels, which take int8 weights as they are, were 2 to 4 times slower
here and no closer to float32. Dense layers are left alone: a head fitted on standardised
embeddings has a few weights that are thousands of times the others, and int8 loses those.
"""

from __future__ import annotations

from classify.tflite.flatbuffer import Graph
from classify.tflite.prune import constants, prune
from classify.tflite.quantise import AXES, channel_scales, weights_of

_SMALLEST = 1024  # numbers; smaller weights gain nothing


def shrunk(model: bytes) -> bytes:
    """Store the weights of convolutions as int8, with a scale for each channel."""
    graph = Graph.read(model)
    main = graph.model.subgraphs[0]
    known = constants(graph.model)
    kernels = {
        int(operator.inputs[1]): AXES[graph.code(operator)]
        for operator in main.operators
        if graph.code(operator) in AXES and len(operator.inputs) > 1
    }
    produced = {int(index) for operator in main.operators for index in operator.outputs}
    unpacking = []
    for index, axis in kernels.items():
        numbers = known.get(index)
        if numbers is None or numbers.size < _SMALLEST or index in produced:
            continue
        packed, scales = weights_of(numbers, axis)
        small = graph.constant(f"{graph.name(index)}/int8", packed, channel_scales(scales, axis))
        main.tensors[index].buffer = 0
        unpacking.append(graph.operator("DEQUANTIZE", [small], [index], version=5))
    main.operators = [*unpacking, *main.operators]
    prune(graph.model)
    return graph.write()
