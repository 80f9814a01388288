"""A source's memory of files: kept in the catalog, in the catalog's own thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from harvest.store.files import Stamp, recall_files, remember_files


class CatalogMemory:
    """`sources.protocol.Memory`, over a run's way to the catalog."""

    def __init__(self, database: Callable[..., Awaitable[Any]]) -> None:
        self._database = database

    async def recall(self, stamps: Sequence[Stamp]) -> list[str]:
        """What was noted of each file as it was last read; "" for a new or a changed one."""
        return cast(list[str], await self._database(recall_files, stamps))

    async def remember(self, read: Sequence[tuple[Stamp, str]]) -> None:
        """Note what files held. Raises StorageFull."""
        await self._database(remember_files, read)
