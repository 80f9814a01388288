"""What a `.tflite` of anybody says of itself: its normalisation, and the labels in its zip.

Every byte of it may be damaged or hostile: what cannot be read is as if it were not there.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import number_types as types
from flatbuffers.table import Table

from classify.tflite.metadata import IDENTIFIER, NAME, NORMALIZATION

_TORN = (struct.error, ValueError, TypeError, LookupError, ArithmeticError)
_MOST_ENTRIES, _MOST_BYTES = 64, 4_000_000  # of a zip, and of a file of labels


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How a float input is made of bytes: (byte - mean) / std, for all channels or for each."""

    mean: tuple[float, ...]
    """1 or 3 numbers."""
    std: tuple[float, ...]
    """As many; none is 0."""


def normalisation(data: bytes) -> Normalisation | None:
    """Return what the metadata say about the first input; None where they say nothing usable."""
    try:
        return _normalisation(data)
    except _TORN:
        return None


def enclosed_labels(data: bytes) -> list[tuple[str, ...]]:
    """Lines of each text file in the zip behind a model, those named after labels first."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [e for e in archive.infolist()[:_MOST_ENTRIES] if e.filename.endswith(".txt")]
            entries.sort(key=lambda entry: "label" not in entry.filename.lower())
            return [lines for entry in entries if (lines := _lines(archive, entry))]
    except (zipfile.BadZipFile, OSError, *_TORN, NotImplementedError):
        return []


def _lines(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[str, ...]:
    try:
        with archive.open(entry) as stream:
            text = stream.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            return ()
        lines = [line.strip() for line in text.decode("utf-8-sig").splitlines()]
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, zlib.error, *_TORN):
        return ()
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def _normalisation(data: bytes) -> Normalisation | None:
    packed = _packed(data)
    if packed is None or packed[4:8] != IDENTIFIER:
        return None
    start = flatbuffers.encode.Get(flatbuffers.packer.uoffset, packed, 0)
    part = _items(Table(packed, start), 3)[:1]
    source = _items(part[0], 2)[:1] if part else []
    for unit in _items(source[0], 4) if source else []:
        kind = unit.Offset(4)
        if not kind or unit.Get(types.Uint8Flags, unit.Pos + kind) != NORMALIZATION:
            continue
        place = unit.Offset(6)
        options = Table(packed, unit.Indirect(unit.Pos + place)) if place else None
        mean, std = (_floats(options, number) for number in (0, 1)) if options else ((), ())
        usable = len(mean) == len(std) in (1, 3) and all(std) and np.isfinite([*mean, *std]).all()
        return Normalisation(mean, std) if usable else None
    return None


def _packed(data: bytes) -> bytes | None:
    model = schema.Model.GetRootAs(data, 0)
    for i in range(min(model.MetadataLength(), _MOST_ENTRIES)):
        entry = model.Metadata(i)
        if entry.Name() == NAME:
            numbers = model.Buffers(entry.Buffer()).DataAsNumpy()
            return bytes(numbers) if isinstance(numbers, np.ndarray) else None
    return None


def _items(table: Any, field: int) -> list[Any]:
    """Tables in a vector of tables, a few at most."""
    place = table.Offset(4 + 2 * field)
    if not place:
        return []
    first, count = table.Vector(place), min(table.VectorLen(place), _MOST_ENTRIES)
    return [Table(table.Bytes, table.Indirect(first + 4 * i)) for i in range(count)]


def _floats(table: Any, field: int) -> tuple[float, ...]:
    place = table.Offset(4 + 2 * field)
    count = table.VectorLen(place) if place else 0
    if not 0 < count <= 3:
        return ()
    first = table.Vector(place)
    return tuple(float(table.Get(types.Float32Flags, first + 4 * i)) for i in range(count))
