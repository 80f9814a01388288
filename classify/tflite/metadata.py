"""TFLite Metadata: what the model takes and gives, and its labels, inside the file.

A ModelMetadata flatbuffer (identifier M001) in a buffer named TFLITE_METADATA, and the labels in a
zip behind the model: ai.google.dev/edge/litert/models/metadata, metadata_schema.fbs. Readers of
the model alone see neither. The field numbers below are the schema's.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from classify.tflite.flatbuffer import Graph
from classify.tflite.prune import prune

NAME = b"TFLITE_METADATA"
IDENTIFIER = b"M001"
_PARSER = "1.0.0"  # what has been there since the first version is all that is used
NORMALIZATION = 1  # in the union ProcessUnitOptions
_AXIS_LABELS, _RGB, _IMAGE, _FEATURE = 2, 1, 2, 1
_EPOCH = (1980, 1, 1, 0, 0, 0)

Field = Callable[[flatbuffers.Builder, int], None]


@dataclass(frozen=True, slots=True)
class Description:
    """What the metadata of an image classifier say."""

    name: str
    """Of the model."""
    text: str
    """What it is, in a sentence."""
    author: str
    """Who made it."""
    licence: str
    """Of its parts."""
    labels: tuple[str, ...]
    """In output order."""
    mean: float
    """A float input is (byte - mean) / std."""
    std: float
    """See `mean`."""
    takes_bytes: bool = False
    """Whether the input is uint8, fed as it is."""


LABELS_FILE = "labels.txt"
"""Name of the labels in the zip."""


def described(model: bytes, description: Description) -> bytes:
    """Return the model with its metadata and labels; the same description gives the same bytes."""
    graph = Graph.read(model)
    tree = graph.model
    packed = np.frombuffer(_metadata(description), np.uint8)
    tree.metadata = [entry for entry in tree.metadata or () if entry.name != NAME]
    prune(tree)
    tree.buffers.append(schema.BufferT(data=packed))
    tree.metadata.append(schema.MetadataT(NAME.decode(), len(tree.buffers) - 1))
    stream = io.BytesIO(graph.write())
    stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
        entry = zipfile.ZipInfo(LABELS_FILE, _EPOCH)  # no date: the file is reproducible
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, "".join(f"{label}\n" for label in description.labels))
    return stream.getvalue()


def _metadata(about: Description) -> bytes:
    builder = flatbuffers.Builder(1024)
    image = _table(builder, 2, {0: _int8(_RGB)})
    numbers = {
        0: _offset(_floats(builder, [about.mean])),
        1: _offset(_floats(builder, [about.std])),
    }
    normal = _table(builder, 2, numbers)
    unit = _table(builder, 2, {0: _uint8(NORMALIZATION), 1: _offset(normal)})
    low, high = (0.0, 255.0) if about.takes_bytes else _reach(about.mean, about.std)
    source = _tensor(
        builder,
        "image",
        "RGB pixels, rows from the top",
        (_IMAGE, image),
        {
            4: _offset(_vector(builder, [unit])),
            5: _offset(_stats(builder, low, high)),
        },
    )
    names = _strings(builder, LABELS_FILE, "one label a line, in output order")
    labels = _table(
        builder, 5, {0: _offset(names[0]), 1: _offset(names[1]), 2: _int8(_AXIS_LABELS)}
    )
    target = _tensor(
        builder,
        "probabilities",
        "probability of each label",
        (_FEATURE, _table(builder, 0, {})),
        {
            5: _offset(_stats(builder, 0.0, 1.0)),
            6: _offset(_vector(builder, [labels])),
        },
    )
    inputs, outputs = _vector(builder, [source]), _vector(builder, [target])
    part = _table(builder, 10, {2: _offset(inputs), 3: _offset(outputs)})
    words = _strings(builder, about.name, about.text, about.author, about.licence, _PARSER)
    root = _table(
        builder,
        8,
        {
            0: _offset(words[0]),
            1: _offset(words[1]),
            3: _offset(_vector(builder, [part])),
            4: _offset(words[2]),
            5: _offset(words[3]),
            7: _offset(words[4]),
        },
    )
    builder.Finish(root, IDENTIFIER)
    return bytes(builder.Output())


def _reach(mean: float, std: float) -> tuple[float, float]:
    return (0 - mean) / std, (255 - mean) / std


def _tensor(
    builder: flatbuffers.Builder,
    name: str,
    text: str,
    content: tuple[int, int],
    more: dict[int, Field],
) -> int:
    words = _strings(builder, name, text)
    kind, properties = content
    inside = _table(builder, 2, {0: _uint8(kind), 1: _offset(properties)})
    first = {0: _offset(words[0]), 1: _offset(words[1]), 3: _offset(inside)}
    return _table(builder, 7, first | more)


def _stats(builder: flatbuffers.Builder, low: float, high: float) -> int:
    most, least = _floats(builder, [high]), _floats(builder, [low])
    return _table(builder, 2, {0: _offset(most), 1: _offset(least)})


def _strings(builder: flatbuffers.Builder, *texts: str) -> list[int]:
    return [int(builder.CreateString(text)) for text in texts]


def _floats(builder: flatbuffers.Builder, numbers: Sequence[float]) -> int:
    return int(builder.CreateNumpyVector(np.array(numbers, np.float32)))


def _vector(builder: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _table(builder: flatbuffers.Builder, fields: int, values: dict[int, Field]) -> int:
    """Write a table of so many fields; those not given keep the schema's defaults."""
    builder.StartObject(fields)
    for number, put in values.items():
        put(builder, number)
    return int(builder.EndObject())


def _offset(value: int) -> Field:
    return lambda builder, number: builder.PrependUOffsetTRelativeSlot(number, value, 0)


def _int8(value: int) -> Field:
    return lambda builder, number: builder.PrependInt8Slot(number, value, 0)


def _uint8(value: int) -> Field:
    return lambda builder, number: builder.PrependUint8Slot(number, value, 0)
