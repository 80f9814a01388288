"""Read a legacy PyTorch weights file without PyTorch, trusting nothing in it.

Such a file is five pickles one after the other (magic, protocol, system, the dictionary of
tensors, the order of the storages), then each storage as an int64 count and its raw bytes.
The unpickler here can build ordered dictionaries and tensors, and nothing else.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from harvest.ledger.errors import DataError

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}


@dataclass(frozen=True, slots=True)
class _Storage:
    """Where a tensor's numbers will be found."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view into a storage, in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild(storage: object, offset: int, shape: object, strides: object, *_: object) -> _Tensor:
    if not isinstance(storage, _Storage) or not isinstance(offset, int) or offset < 0:
        raise pickle.UnpicklingError("a tensor without a storage")
    sizes, steps = _integers(shape), _integers(strides)
    if len(sizes) != len(steps):
        raise pickle.UnpicklingError("a tensor whose shape and strides differ in length")
    last = offset + sum((n - 1) * step for n, step in zip(sizes, steps, strict=True))
    if 0 not in sizes and last >= storage.count:
        raise pickle.UnpicklingError("a tensor that reaches beyond its storage")
    return _Tensor(storage, offset, sizes, steps)


def _integers(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple) or not all(isinstance(n, int) and n >= 0 for n in value):
        raise pickle.UnpicklingError(f"{value!r} is no tensor shape")
    return value


class _Unpickler(pickle.Unpickler):
    """Builds tensors and ordered dictionaries; every other global is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"refused to load {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        match pid:
            case ("storage", str(dtype), str(key), str(), int(count), None) if count >= 0:
                return _Storage(key, dtype, count)
        raise pickle.UnpicklingError("a storage in an unknown form")


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Tensors of a legacy `.pth` file by name, in C order. Raises DataError, naming the file."""
    try:
        return _read(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError,
            AttributeError, ImportError, MemoryError) as error:  # fmt: skip
        raise DataError(f"{path}: not a weights file that can be read: {error}") from error


def _read(data: bytes) -> dict[str, NDArray[Any]]:
    stream = io.BytesIO(data)
    if _Unpickler(stream).load() != _MAGIC or _Unpickler(stream).load() != _PROTOCOL:
        raise ValueError("it does not begin as a legacy torch file")
    system = _Unpickler(stream).load()
    if not (isinstance(system, dict) and system.get("little_endian") is True):
        raise ValueError("its numbers are not little-endian")
    tensors = _Unpickler(stream).load()
    order = _Unpickler(stream).load()
    if not isinstance(tensors, dict) or not isinstance(order, list):
        raise ValueError("it holds no dictionary of tensors")
    tensors = {str(name): t for name, t in tensors.items() if isinstance(t, _Tensor)}
    storages = {t.storage.key: t.storage for t in tensors.values()}
    arrays = _read_storages(data, stream.tell(), order, storages)
    return {name: _view(t, arrays[t.storage.key]) for name, t in tensors.items()}


def _read_storages(
    data: bytes, position: int, order: list[object], storages: dict[str, _Storage]
) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for key in order:
        storage = storages[str(key)]
        count = int(np.frombuffer(data, "<i8", 1, position)[0])
        if count != storage.count:
            raise ValueError(f"storage {key} has {count} numbers, {storage.count} were announced")
        arrays[storage.key] = np.frombuffer(data, storage.dtype, count, position + 8)
        position += 8 + arrays[storage.key].nbytes
    return arrays


def _view(tensor: _Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    size = numbers.itemsize
    steps = [step * size for step in tensor.strides]
    return np.ascontiguousarray(
        as_strided(numbers[tensor.offset :], tensor.shape, steps, writeable=False)
    ).reshape(tensor.shape)
