"""A data set's labelling page, opened: its labels, its key, its sitting, until Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from curate.page.listening import serve
from curate.page.pictures import Pictures
from curate.page.security import Key, read_key, write_key
from curate.page.server import Page, Title, find_in
from curate.page.sitting import Sitting
from curate.page.suggester import Suggester
from curate.page.values import PageSettings
from curate.store.schema import open_store
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.labelnames import check_label

if TYPE_CHECKING:
    from harvest.ledger.settings import Settings

PORT = 8377
"""Where the page is unless told: the same one again, so that a page that is open goes on."""

_MOST_LABELS = 9  # one key each
_KEY_FILE = ".page"
_KEPT = "page-pictures"


def labels_of(
    folder: DatasetFolder, settings: Settings | None, given: Sequence[str]
) -> tuple[str, ...]:
    """The labels that are offered: as given, else the settings', then those of label folders.

    Raises UsageError for fewer than two, more than nine, two that differ by case only, and for
    what can be no label.
    """
    listed = settings.labels if settings is not None else ()
    every = tuple(dict.fromkeys(given or [*listed, *folder.labels_in_use()]))
    for label in every:
        check_label(label)
    if not 2 <= len(every) <= _MOST_LABELS:
        said = ", ".join(every) or "none"
        raise UsageError(
            f"labels: {said}; wanted 2 to {_MOST_LABELS}, as in --labels comic,no_comic"
        )
    if len({label.casefold() for label in every}) < len(every):
        raise UsageError(f"labels: {', '.join(every)}: two differ by case only; keep one")
    return every


def run_page(
    folder: DatasetFolder,
    settings: PageSettings,
    who: str,
    bring: Callable[[], Suggester | None],
    *,
    port: int | None,
    ready: Callable[[str], None],
) -> None:
    """Serve the page until SIGINT or SIGTERM; `ready` is told the address. The caller locks.

    `bring` makes the model that learns along. `port` 0: any free one; None: the last one, else
    8377. Raises UsageError where nobody can listen, DataError where there is no picture, and as
    `labels.sync`.
    """
    served = replace(settings, beside=True)

    def begun(catalog: Catalog) -> Sitting:
        # Thousands of small things are made to stay: to look for rubbish among them takes its time.
        gc.disable()
        try:
            return Sitting(folder, catalog, served, None, time.time, who)
        finally:
            gc.freeze()
            gc.enable()

    @contextmanager
    def sit() -> Iterator[Sitting]:
        with (
            open_store(folder) as catalog,
            closing(begun(catalog)) as sitting,
        ):
            state = sitting.state()
            if not (state.done or state.left or folder.labels_in_use()):
                raise DataError(
                    f"{folder.images}: no picture to sort, and none that is sorted; `winnow"
                    " harvest` gathers some"
                )
            yield sitting

    def bound(key: Key) -> None:
        write_key(path, key)
        ready(key.address)

    path = folder.root / _KEY_FILE
    key = read_key(path)
    wanted = replace(key, port=port if port is not None else key.port or PORT)
    pictures = Pictures(find_in(folder), folder.reports / _KEPT)
    title = Title(folder.name, who, shlex.quote(str(folder.root)))
    asyncio.run(serve(Page(sit, pictures, title, bring), wanted, bound))
