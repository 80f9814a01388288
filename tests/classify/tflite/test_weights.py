"""The restricted reader of legacy PyTorch weights."""

from __future__ import annotations

import io
import os
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classify.backbone import weights_file
from classify.tflite.weights import read_weights
from harvest.ledger.errors import DataError

MAGIC = 0x1950A86A20F9469CFC6C


class _Global:
    """Pickles as a call of any global with any arguments."""

    def __init__(self, module: str, name: str, *args: object) -> None:
        self.module, self.name, self.args = module, name, args


class _Storage:
    def __init__(self, key: str, count: int) -> None:
        self.key, self.count = key, count


class _Pickler(pickle._Pickler):  # type: ignore[misc,name-defined]
    """Writes what PyTorch writes, without PyTorch."""

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, _Storage):
            return ("storage", _Global("torch", "FloatStorage"), obj.key, "cpu", obj.count, None)
        return None

    def save(self, obj: Any, save_persistent_id: bool = True) -> Any:
        if isinstance(obj, _Global):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
            if obj.args:
                super().save(obj.args)
                self.write(pickle.REDUCE)
            return None
        return super().save(obj, save_persistent_id)


def _dump(obj: Any) -> bytes:
    out = io.BytesIO()
    _Pickler(out, 2).dump(obj)
    return out.getvalue()


def _file(tensors: Any, storages: dict[str, np.ndarray], *, magic: int = MAGIC) -> bytes:
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    parts = [_dump(magic), _dump(1001), _dump(system), _dump(tensors), _dump(list(storages))]
    for numbers in storages.values():
        parts.append(struct.pack("<q", numbers.size) + numbers.astype("<f4").tobytes())
    return b"".join(parts)


def _tensor(storage: _Storage, offset: int, shape: tuple, strides: tuple) -> _Global:
    return _Global(
        "torch._utils", "_rebuild_tensor_v2", storage, offset, shape, strides, False, OrderedDict()
    )


def test_tensors_are_read_with_their_strides_and_offsets(tmp_path: Path) -> None:
    """A transposed view into a shared storage comes out as PyTorch would show it."""
    numbers = np.arange(7.0)
    tensors = OrderedDict(t=_tensor(_Storage("7", 7), 1, (3, 2), (1, 3)))
    path = tmp_path / "w.pth"
    path.write_bytes(_file(tensors, {"7": numbers}))

    found = read_weights(path)

    assert found["t"].tolist() == numbers[1:].reshape(2, 3).T.tolist()


def test_a_foreign_global_is_refused_and_not_called(tmp_path: Path) -> None:
    """A file that would run a command when unpickled is refused, and nothing runs."""
    mark = tmp_path / "ran"
    bomb = OrderedDict(t=_Global(os.system.__module__, "system", f"touch {mark}"))
    path = tmp_path / "w.pth"
    path.write_bytes(_file(bomb, {}))

    with pytest.raises(DataError, match=r"refused to load \w+\.system"):
        read_weights(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [("builtins", "eval"), ("torch", "load"), ("collections", "Counter"), ("torch._utils", "x")],
)
def test_only_three_names_are_known(tmp_path: Path, module: str, name: str) -> None:
    """Even neighbours of the allowed names are refused."""
    path = tmp_path / "w.pth"
    path.write_bytes(_file(OrderedDict(t=_Global(module, name, "1")), {}))

    with pytest.raises(DataError, match=f"refused to load {module}.{name}"):
        read_weights(path)


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (8,), (1,)), (5, (3,), (1,)), (0, (2, 2), (1, 6)), (-1, (2,), (1,)), (0, (2,), (-1,))],
)
def test_a_tensor_may_not_reach_outside_its_storage(
    tmp_path: Path, offset: int, shape: tuple, strides: tuple
) -> None:
    """Shapes and strides that would read other memory are refused."""
    tensors = OrderedDict(t=_tensor(_Storage("7", 7), offset, shape, strides))
    path = tmp_path / "w.pth"
    path.write_bytes(_file(tensors, {"7": np.arange(7.0)}))

    with pytest.raises(DataError, match="not a weights file"):
        read_weights(path)


@pytest.mark.parametrize("keep", [0, 10, 200, -4])
def test_a_torn_file_is_one_clear_error(tmp_path: Path, keep: int) -> None:
    """Wherever the file ends, the error names it."""
    tensors = OrderedDict(t=_tensor(_Storage("7", 7), 0, (7,), (1,)))
    path = tmp_path / "w.pth"
    path.write_bytes(_file(tensors, {"7": np.arange(7.0)})[:keep])

    with pytest.raises(DataError, match=r"w\.pth: not a weights file"):
        read_weights(path)


def test_the_installed_weights_are_whole() -> None:
    """The package's file holds the network's 296 tensors, the classifier among them."""
    weights = read_weights(weights_file())

    assert len(weights) == 296
    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert weights["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(tensor).all() for tensor in weights.values())
