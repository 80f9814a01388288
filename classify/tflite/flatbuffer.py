"""A TFLite graph as a flatbuffer: read one, start one, append operators, write it.

Only what a feature extractor and a classifier's head need. Tensors are NHWC; the batch
dimension is free (`shape_signature` -1), so that an interpreter may be resized to batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from classify.tflite.pack import pack, unpack

SIGNATURE = "serving_default"
Types = schema.TensorType
TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int8": 9}
"""Numbers of the format's tensor types, by numpy's names."""

_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}

Activation = Literal["NONE", "RELU6"]


@dataclass(frozen=True, slots=True)
class Node:
    """A tensor of a graph: its index, and its shape without the batch."""

    index: int
    shape: tuple[int, ...]


class Graph:
    """The first sub-graph of a TFLite model, open for appending."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._main = model.subgraphs[0]

    @classmethod
    def start(cls, description: str) -> Graph:
        """Return an empty graph."""
        main = schema.SubGraphT(tensors=[], inputs=[], outputs=[], operators=[], name="main")
        empty = schema.BufferT()  # buffer 0 means "no data" to every reader
        return cls(schema.ModelT(3, [], [main], description, [empty], signatureDefs=[]))

    @classmethod
    def read(cls, data: bytes) -> Graph:
        """Open the bytes of a model. Raises ValueError where they are none."""
        return cls(unpack(data))

    @property
    def model(self) -> Any:
        """The object tree of the schema, for what this class does not know."""
        return self._model

    @property
    def output(self) -> Node:
        """The graph's first output."""
        index = int(self._main.outputs[0])
        return Node(index, tuple(int(n) for n in self._main.tensors[index].shape[1:]))

    def input(self, name: str, shape: tuple[int, ...]) -> Node:
        """Add the graph's float32 input; `shape` is (height, width, channels)."""
        node = self._tensor(name, shape)
        self._main.inputs.append(node.index)
        return node

    def name(self, index: int) -> str:
        """Name of a tensor."""
        name = self._main.tensors[index].name or b""
        return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)

    def code(self, operator: Any) -> str:
        """Name of what an operator does, as the schema has it; "" where it does not know it."""
        known = self._model.operatorCodes[operator.opcodeIndex]
        return str(_NAMES.get(max(known.builtinCode, known.deprecatedBuiltinCode), ""))

    def like(self, index: int, dtype: str) -> int:
        """Index of a new tensor with the shape of another one."""
        old = self._main.tensors[index]
        twin = schema.TensorT(
            shape=old.shape,
            shapeSignature=old.shapeSignature,
            type=TYPES[dtype],
            name=f"{self.name(index)}/{dtype}",
            hasRank=True,
        )
        self._main.tensors.append(twin)
        return len(self._main.tensors) - 1

    def constant(self, name: str, values: NDArray[Any], quantization: Any = None) -> int:
        """Index of a new constant tensor, of one of the `TYPES`; `quantization` as the schema's."""
        self._model.buffers.append(schema.BufferT(data=values.reshape(-1).view(np.uint8)))
        self._main.tensors.append(
            schema.TensorT(
                shape=list(values.shape),
                type=TYPES[values.dtype.name],
                buffer=len(self._model.buffers) - 1,
                name=name,
                hasRank=True,
                quantization=quantization,
            )
        )
        return len(self._main.tensors) - 1

    def affine(self, name: str, x: Node, scale: float, offset: float) -> Node:
        """`x * scale + offset`."""
        factor = self.constant(f"{name}/scale", np.array([scale], np.float32))
        scaled = self._append(
            "MUL", [x.index, factor], f"{name}/mul", x.shape, schema.MulOptionsT()
        )
        term = self.constant(f"{name}/offset", np.array([offset], np.float32))
        return self._append("ADD", [scaled.index, term], name, x.shape, schema.AddOptionsT())

    def conv(
        self,
        name: str,
        x: Node,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        stride: int = 1,
        activation: Activation = "NONE",
    ) -> Node:
        """Add a convolution with TensorFlow's SAME padding; `weights` are OHWI."""
        options = schema.Conv2DOptionsT(
            padding=schema.Padding.SAME,
            strideW=stride,
            strideH=stride,
            fusedActivationFunction=getattr(schema.ActivationFunctionType, activation),
        )
        shape = (*_strided(x.shape, stride), weights.shape[0])
        return self._append("CONV_2D", self._with(name, x, weights, bias), name, shape, options)

    def depthwise(
        self,
        name: str,
        x: Node,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        stride: int = 1,
        activation: Activation = "NONE",
    ) -> Node:
        """Add a depthwise convolution with TensorFlow's SAME padding; `weights` are 1HWC."""
        options = schema.DepthwiseConv2DOptionsT(
            padding=schema.Padding.SAME,
            strideW=stride,
            strideH=stride,
            depthMultiplier=1,
            fusedActivationFunction=getattr(schema.ActivationFunctionType, activation),
        )
        shape = (*_strided(x.shape, stride), weights.shape[3])
        inputs = self._with(name, x, weights, bias)
        return self._append("DEPTHWISE_CONV_2D", inputs, name, shape, options)

    def add(self, name: str, x: Node, y: Node) -> Node:
        """Add two tensors of one shape."""
        return self._append("ADD", [x.index, y.index], name, x.shape, schema.AddOptionsT())

    def pool(self, name: str, x: Node) -> Node:
        """Mean over height and width: (height, width, channels) to (channels,)."""
        axes = self.constant(f"{name}/axes", np.array([1, 2], np.int32))
        return self._append("MEAN", [x.index, axes], name, x.shape[2:], schema.ReducerOptionsT())

    def concatenate(self, name: str, nodes: list[Node]) -> Node:
        """Join vectors into one."""
        width = sum(node.shape[0] for node in nodes)
        options = schema.ConcatenationOptionsT(axis=1)
        return self._append("CONCATENATION", [n.index for n in nodes], name, (width,), options)

    def dense(
        self, name: str, x: Node, weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> Node:
        """Add `weights @ x + bias`; `weights` are (outputs, inputs)."""
        shape = (weights.shape[0],)
        inputs = self._with(name, x, weights, bias)
        return self._append("FULLY_CONNECTED", inputs, name, shape, schema.FullyConnectedOptionsT())

    def softmax(self, name: str, x: Node) -> Node:
        """Turn scores into probabilities."""
        return self._append("SOFTMAX", [x.index], name, x.shape, schema.SoftmaxOptionsT(beta=1.0))

    def finish(self, output: Node, *, input_name: str, output_name: str) -> bytes:
        """Make `output` the only output, sign the graph and return the file's bytes.

        The same graph gives the same bytes.
        """
        self._main.outputs = [output.index]
        source = int(self._main.inputs[0])
        self._model.signatureDefs = [
            schema.SignatureDefT(
                inputs=[schema.TensorMapT(input_name, source)],
                outputs=[schema.TensorMapT(output_name, output.index)],
                signatureKey=SIGNATURE,
            )
        ]
        # What another tool wrote about the graph as it was is no longer true of it.
        self._model.metadata = None
        self._model.metadataBuffer = None
        return self.write()

    def write(self) -> bytes:
        """The model's bytes as the graph stands."""
        return pack(self._model)

    def _with(
        self, name: str, x: Node, weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> list[int]:
        kernel = self.constant(f"{name}/weights", np.ascontiguousarray(weights, np.float32))
        return [x.index, kernel, self.constant(f"{name}/bias", np.asarray(bias, np.float32))]

    def _append(
        self, code: str, inputs: list[int], name: str, shape: tuple[int, ...], options: Any
    ) -> Node:
        node = self._tensor(name, shape)
        self._main.operators.append(self.operator(code, inputs, [node.index], options))
        return node

    def operator(
        self,
        code: str,
        inputs: list[int],
        outputs: list[int],
        options: Any = None,
        *,
        version: int = 1,
    ) -> Any:
        """Return a new operator, which is not in the graph yet."""
        kind = type(options).__name__.removesuffix("T")
        return schema.OperatorT(
            opcodeIndex=self.opcode(code, version),
            inputs=inputs,
            outputs=outputs,
            builtinOptionsType=0 if options is None else getattr(schema.BuiltinOptions, kind),
            builtinOptions=options,
        )

    def opcode(self, name: str, version: int) -> int:
        """Index of an operator's code, of this version or a later one; added where it is new."""
        code = getattr(schema.BuiltinOperator, name)
        codes = self._model.operatorCodes
        for index, known in enumerate(codes):
            same = max(known.builtinCode, known.deprecatedBuiltinCode) == code
            if same and known.version >= version:
                return index
        # Old readers look at the deprecated field alone, where 127 means "see the new one".
        codes.append(schema.OperatorCodeT(min(code, 127), None, version, code))
        return len(codes) - 1

    def _tensor(self, name: str, shape: tuple[int, ...]) -> Node:
        self._main.tensors.append(
            schema.TensorT(
                shape=[1, *shape],
                shapeSignature=[-1, *shape],
                type=TYPES["float32"],
                name=name,
                hasRank=True,
            )
        )
        return Node(len(self._main.tensors) - 1, tuple(shape))


def _strided(shape: tuple[int, ...], stride: int) -> tuple[int, int]:
    return (-(-shape[0] // stride), -(-shape[1] // stride))
