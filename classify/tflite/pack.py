"""The bytes of a `.tflite` to the schema's object tree and back."""

from __future__ import annotations

import struct
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

IDENTIFIER = b"TFL3"
_ALIGNMENT = 16


class _Buffer(schema.BufferT):  # type: ignore[misc]
    """A buffer aligned as the format wants it; the generated code aligns to a byte only."""

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802 - the generated name
        offset = None
        if self.data is not None and len(self.data):
            raw = np.ascontiguousarray(self.data).view(np.uint8).tobytes()
            builder.StartVector(1, len(raw), _ALIGNMENT)
            builder.head -= len(raw)
            builder.Bytes[builder.head : builder.head + len(raw)] = raw
            offset = builder.EndVector()
        schema.BufferStart(builder)
        if offset is not None:
            schema.BufferAddData(builder, offset)
        return int(schema.BufferEnd(builder))


class _Builder(flatbuffers.Builder):  # type: ignore[misc]
    """A builder that remembers vectors of zeros."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.zeros: dict[int, int] = {}  # length -> where it stands


class _ChannelScales(schema.QuantizationParametersT):  # type: ignore[misc]
    """Symmetric scales of many channels, whose zeros are written once a file for each length.

    Written for each tensor they would be a twelfth of an int8 model.
    """

    def Pack(self, builder: _Builder) -> int:  # noqa: N802 - the generated name
        count = len(self.scale)
        if count not in builder.zeros:
            schema.QuantizationParametersStartZeroPointVector(builder, count)
            for _ in range(count):
                builder.PrependInt64(0)
            builder.zeros[count] = builder.EndVector()
        schema.QuantizationParametersStartScaleVector(builder, count)
        for scale in reversed(self.scale):
            builder.PrependFloat32(float(scale))
        scales = builder.EndVector()
        schema.QuantizationParametersStart(builder)
        schema.QuantizationParametersAddScale(builder, scales)
        schema.QuantizationParametersAddZeroPoint(builder, builder.zeros[count])
        schema.QuantizationParametersAddQuantizedDimension(builder, self.quantizedDimension)
        return int(schema.QuantizationParametersEnd(builder))


def unpack(data: bytes) -> Any:
    """Return the object tree of a file; what is appended to it, as a zip of labels, is not seen.

    Raises ValueError where the bytes are no model with a graph.
    """
    if data[4:8] != IDENTIFIER:
        raise ValueError("the file does not begin as a .tflite")
    try:
        model = schema.ModelT.InitFromPackedBuf(data, 0)
    except (struct.error, ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise ValueError(f"its flatbuffer is torn ({error})") from error
    if not model.subgraphs or not model.buffers or not model.subgraphs[0].operators:
        raise ValueError("it holds no graph")
    return model


def pack(model: Any) -> bytes:
    """Return the file of an object tree. The same tree gives the same bytes."""
    model.buffers = [_Buffer(data=b.data) for b in model.buffers]
    for tensor in (tensor for part in model.subgraphs for tensor in part.tensors):
        known = tensor.quantization
        if known is not None and _symmetric(known):
            tensor.quantization = _ChannelScales(
                scale=known.scale, quantizedDimension=known.quantizedDimension
            )
    room = sum(0 if b.data is None else len(b.data) for b in model.buffers)
    builder = _Builder(room + 1_000_000)
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _symmetric(known: Any) -> bool:
    """Whether these are many scales with zeros, and nothing else."""
    return (
        known.scale is not None
        and known.zeroPoint is not None
        and len(known.scale) == len(known.zeroPoint) > 1
        and not any(known.zeroPoint)
        and known.min is known.max is known.details is None
    )
