"""A float32 graph with an integer backbone: int8 numbers between the layers, int32 sums.

After Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference" (CVPR 2018), as TFLite's kernels want it
(ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec): weights int8,
symmetric, one scale a channel; activations int8, one scale and zero point a tensor; sums int32.
What has no integer form here stays float, with QUANTIZE and DEQUANTIZE at the borders: so does
the head, whose scores decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from classify.tflite.flatbuffer import Graph, Types
from classify.tflite.prune import constants, prune

Ranges = Mapping[int, tuple[float, float]]
"""Smallest and largest number that was seen in a tensor, by its index."""

AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3}
"""Operators with weights, and the axis of their output channels."""
_KEEPING = ("MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD")
"""Operators whose output must have the scale of their input."""
_VERSIONS = {
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "ADD": 2,
    "MAX_POOL_2D": 2,
    "AVERAGE_POOL_2D": 2,
    "PAD": 2,
}
"""First versions of the operators that take int8 (tensorflow/lite/tools/versioning)."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How an int8 number stands for a real one: real = scale * (number - zero_point)."""

    scale: float
    """Above 0."""
    zero_point: int
    """-128 to 127: zero itself is exact, as SAME padding puts zeros in."""


def scale_of(low: float, high: float) -> Scale:
    """Return the int8 scale that covers the range, which is widened to hold zero."""
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-12:  # a tensor that is always zero
        return Scale(1.0, 0)
    scale = (high - low) / 255
    return Scale(scale, int(np.clip(round(-128 - low / scale), -128, 127)))


def quantise(model: bytes, ranges: Ranges) -> bytes:
    """Return the model with integer convolutions and additions; the same input and output.

    `ranges` must know each activation, as `calibrate.ranges` finds them. Raises ValueError where
    nothing in the graph can be made integer.
    """
    graph = Graph.read(model)
    work = _Quantiser(graph, ranges)
    work.run()
    prune(graph.model)
    return graph.write()


def weights_of(numbers: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], Any]:
    """Weights as int8 in [-127, 127] with one scale for each channel along `axis`."""
    others = tuple(i for i in range(numbers.ndim) if i != axis)
    most = np.abs(numbers).max(axis=others)
    scales = np.where(most > 0, most / 127, 1.0).astype(np.float32)
    shape = [1] * numbers.ndim
    shape[axis] = -1
    packed = np.clip(np.rint(numbers / scales.reshape(shape)), -127, 127).astype(np.int8)
    return packed, scales


def channel_scales(scales: NDArray[np.float32], axis: int) -> Any:
    """Return the schema's object for symmetric scales along an axis."""
    return schema.QuantizationParametersT(
        scale=scales.tolist(), zeroPoint=[0] * len(scales), quantizedDimension=axis
    )


class _Quantiser:
    def __init__(self, graph: Graph, ranges: Ranges) -> None:
        self._graph, self._ranges = graph, ranges
        self._main = graph.model.subgraphs[0]
        self._constants = constants(graph.model)
        self._done: list[Any] = []
        self._scales: dict[int, Scale] = {}  # of tensors that are int8 now
        self._twins: dict[tuple[int, bool], int] = {}  # (tensor, as int8) -> its other form
        self._bytes: dict[int, int] = {}  # float tensor -> the uint8 input behind it
        self._kernels: dict[int, NDArray[np.float32]] = {}  # packed already: scales

    def run(self) -> None:
        found = 0
        for operator in self._main.operators:
            name = self._graph.code(operator)
            if self._fits(name, operator):
                self._integer(name, operator)
                found += name in AXES
            else:
                self._float(name, operator)
            self._done.append(operator)
        if not found:
            raise ValueError("it has no float convolution that could be made integer")
        self._main.outputs = [self._as_float(int(i)) for i in self._main.outputs]
        self._main.operators = self._done

    def _fits(self, name: str, operator: Any) -> bool:
        inputs = [int(i) for i in operator.inputs]
        if name in AXES:
            known = [self._constants.get(i) for i in inputs[1:]]
            return len(inputs) == 3 and all(k is not None for k in known) and self._live(inputs[0])
        if name == "ADD":
            return all(self._live(i) for i in inputs)
        return name in _KEEPING and inputs[0] in self._scales

    def _live(self, index: int) -> bool:
        """Whether a tensor is an activation whose range was seen."""
        return index in self._scales or index in self._ranges

    def _integer(self, name: str, operator: Any) -> None:
        inputs = [int(i) for i in operator.inputs]
        output = int(operator.outputs[0])
        if name in AXES:
            x = self._as_int8(inputs[0])
            operator.inputs = [x, *self._weights(name, inputs, self._scales[x])]
            scale = scale_of(*self._ranges[output])
        elif name == "ADD":
            operator.inputs = [self._as_int8(i) for i in inputs]
            scale = scale_of(*self._ranges[output])
        else:
            scale = self._scales[inputs[0]]
        operator.opcodeIndex = self._graph.opcode(name, _VERSIONS[name])
        self._become(output, scale)

    def _float(self, name: str, operator: Any) -> None:
        operator.inputs = [self._as_float(int(i)) for i in operator.inputs]
        taken = self._main.tensors[int(operator.inputs[0])] if len(operator.inputs) else None
        if name == "DEQUANTIZE" and taken is not None and taken.type == Types.UINT8:
            self._bytes[int(operator.outputs[0])] = int(operator.inputs[0])

    def _weights(self, name: str, inputs: list[int], taken: Scale) -> list[int]:
        axis, kernel = AXES[name], inputs[1]
        packed, scales = weights_of(self._constants[kernel], axis)
        key = (kernel, True)
        if key not in self._twins:
            self._twins[key] = self._graph.constant(
                self._graph.name(kernel) + "/int8", packed, channel_scales(scales, axis)
            )
        steps = scales.astype(np.float64) * taken.scale
        limit = 2**31 - 1
        bias = np.clip(np.rint(self._constants[inputs[2]] / steps), -limit, limit)
        parameters = channel_scales(steps.astype(np.float32), 0)
        name = self._graph.name(inputs[2]) + "/int32"
        return [self._twins[key], self._graph.constant(name, bias.astype(np.int32), parameters)]

    def _become(self, index: int, scale: Scale) -> None:
        """Make a tensor an int8 one where it stands."""
        tensor = self._main.tensors[index]
        tensor.type = Types.INT8
        tensor.quantization = schema.QuantizationParametersT(
            scale=[scale.scale], zeroPoint=[scale.zero_point]
        )
        self._scales[index] = scale

    def _as_int8(self, index: int) -> int:
        if index in self._scales:
            return index
        key = (index, True)
        if key not in self._twins:
            self._twins[key] = twin = self._graph.like(index, "int8")
            source = self._bytes.get(index, index)
            scale = scale_of(*self._ranges[index])
            if source != index:  # bytes become int8 numbers by a shift
                known = self._main.tensors[source].quantization
                scale = Scale(float(known.scale[0]), int(known.zeroPoint[0]) - 128)
            self._become(twin, scale)
            self._done.append(self._graph.operator("QUANTIZE", [source], [twin], version=2))
        return self._twins[key]

    def _as_float(self, index: int) -> int:
        if index not in self._scales:
            return index
        key = (index, False)
        if key not in self._twins:
            self._twins[key] = twin = self._graph.like(index, "float32")
            self._done.append(self._graph.operator("DEQUANTIZE", [index], [twin], version=2))
        return self._twins[key]
