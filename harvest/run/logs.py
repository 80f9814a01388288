"""URL logs: projections of the catalog, written anew at the end of a run."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import StorageFull, UsageError, from_system
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Target
from harvest.ledger.urllog import write_url_log
from harvest.store.outcomes import count_addressless, list_targets, read_urls
from harvest.store.schema import open_store


def write_logs(folder: DatasetFolder, catalog: Catalog, told: Container[str] = ()) -> list[str]:
    """Write `urls/urls_<target>.log` for every target of the data set; returns notes.

    A log lists the saved pictures of a target, their addresses verbatim, in the order in which
    the target showed them. Targets whose names come to one file name share the file. Notes are
    on targets whose keys are in `told`.
    """
    by_file: dict[str, list[str]] = {}
    notes = []
    empty = set()
    for key in list_targets(catalog):
        source, _, name = key.partition(":")
        if source == "folder":
            count = count_addressless(catalog, key) if key in told else 0
            if count:
                some = "1 picture without an address stands"
                some = some if count == 1 else f"{count} pictures without an address stand"
                notes.append(f"{key}: {some} in no URL log")
            if next(read_urls(catalog, [key]), None) is None:
                empty.add(Target(source, name).log_name)
                continue
        by_file.setdefault(Target(source, name).log_name, []).append(key)
    for name, keys in by_file.items():
        urls = read_urls(catalog, keys)
        # A list shows each address once: it is its key. A million of them need not be remembered.
        once = urls if len(keys) == 1 and keys[0].startswith("urls:") else _once(urls)
        write_url_log(folder.urls / f"urls_{name}.log", once)
    for name in empty - by_file.keys():  # an address that its side file told once
        (folder.urls / f"urls_{name}.log").unlink(missing_ok=True)
    return notes


def refuse_log_place(path: Path, dataset: Path) -> None:
    """Refuse a file that `write_log_of` could not write, before there is anything to write.

    Raises UsageError. Of folders only the data set's own may be missing: the run makes them.
    """
    where = path.parent
    if where.resolve() in (dataset.resolve(), DatasetFolder(dataset).urls.resolve()):
        problem = ""
    elif not where.is_dir():
        problem = f"no such folder as {where}; make it first"
    elif not os.access(where, os.W_OK | os.X_OK):
        problem = f"no permission to write in {where}; choose another place"
    else:
        problem = ""
    if os.path.lexists(path) and not path.is_file():
        problem = "a folder, or no plain file; name the file to write"
    if problem:
        raise UsageError(f"--url-log {path}: {problem}")


def write_log_of(dataset: Path, targets: Sequence[str], path: Path) -> int:
    """Write the addresses of these targets' saved pictures to `path`; returns how many.

    Raises UsageError when the file cannot be written.
    """
    folder = DatasetFolder.open(dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        try:
            return write_url_log(path, _once(read_urls(catalog, targets)))
        except OSError as error:
            meant = from_system(error, path)
            if isinstance(meant, StorageFull):
                raise meant from None
            raise UsageError(f"{path}: cannot be written ({error.strerror})") from None


def _once(urls: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for url in urls:
        if url not in seen:
            seen.add(url)
            yield url
