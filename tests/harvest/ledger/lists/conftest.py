"""Lists under test: written as others write them, read as the command does."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harvest.ledger.lists.columns import Wanted
from harvest.ledger.lists.given import GivenList
from harvest.ledger.urllog import LogLine

Read = Callable[..., list[LogLine]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write bytes under a name and read them as a list."""

    def read_list(name: str, data: bytes | str, wanted: Wanted | None = None) -> list[LogLine]:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return list(GivenList(path, wanted).lines())

    return read_list


@pytest.fixture
def parquet() -> Callable[..., bytes]:
    """Bytes of a Parquet file with these columns."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    def write(columns: dict[str, list[Any]], **options: Any) -> bytes:
        out = io.BytesIO()
        write_table(pyarrow.table(columns), out, **options)
        return out.getvalue()

    return write


@pytest.fixture
def zstd() -> Callable[[bytes], bytes]:
    """Pack bytes with zstd."""
    pyarrow = pytest.importorskip("pyarrow")

    return lambda data: pyarrow.compress(data, "zstd", asbytes=True)
