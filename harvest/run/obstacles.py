"""What stands in a run's way, told before anything is asked for."""

from __future__ import annotations

import os
import resource
import shlex
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.labelnames import is_label_folder
from harvest.run.job import Job
from harvest.store.places import count_placed

_PER_REQUEST = 2
_SPARE_HANDLES = 64
_PLENTY = 4096


def refuse_own_folders(job: Job) -> None:
    """A folder that holds the data set, or lies in it, would take in what it has just made."""
    dataset = job.dataset.resolve()
    for target in job.targets:
        if target.source != "folder":
            continue
        try:
            target.name.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"target {target.key!a}: the name is not UTF-8; rename the folder"
            ) from None
        taken = Path(target.name).expanduser().resolve()
        if dataset.is_relative_to(taken) or taken.is_relative_to(dataset):
            raise UsageError(
                f"target {target.key}: lies in the data set {job.dataset}, or holds it;"
                " choose another folder for one of them"
            )


def labels_of(job: Job) -> list[str]:
    """Labels that a job's targets can be seen to give: their own, and names of sub-folders."""
    labels = [target.label for target in job.targets if target.label is not None]
    labels += [label for target in job.targets for label in target.labels]
    for target in job.targets:
        root = Path(target.name).expanduser()
        if target.source == "folder" and target.label_from == "folder" and root.is_dir():
            labels += [path.name for path in root.iterdir() if path.is_dir()]
    return [label for label in labels if is_label_folder(label)]


def refuse_files(folder: DatasetFolder, labels: Iterable[str]) -> None:
    """Refuse a data set where a file stands in a folder's place. Raises UsageError."""
    places = [folder.raw, folder.parts, folder.urls, folder.images, folder.unsorted]
    for path in (*places, *(folder.images / label for label in labels)):
        if os.path.lexists(path) and not path.is_dir():
            raise UsageError(f"{path}: a file, where a folder is wanted; move it and run again")


def lost_images(folder: DatasetFolder, catalog: Catalog) -> str:
    """A line where pictures were placed below `images/` and no file is left there; else empty."""
    placed = count_placed(catalog)
    if not placed or any(path.is_file() for path in folder.images.rglob("*")):
        return ""
    return (
        f"{folder.images}: holds no file any more, and {placed:,} pictures were placed there;"
        f" `winnow curate sync --put-back {shlex.quote(str(folder.root))}` places them again"
    )


def fit_handles(job: Job) -> tuple[Job, str]:
    """The job with as many requests at once as the process may have files open, and a note.

    A request has a socket and a part file; catalog, commits and programs beside need some more.
    The soft limit is raised first, where the hard one lets it: `ulimit -n` is 256 on some systems.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _PER_REQUEST * job.max_requests + _SPARE_HANDLES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return job, ""
    raised = _PLENTY if hard == resource.RLIM_INFINITY else hard
    if raised > soft:
        with suppress(ValueError, OSError):  # some systems have a lower limit yet
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    fitting = max(1, (soft - _SPARE_HANDLES) // _PER_REQUEST)
    if fitting >= job.max_requests:
        return job, ""
    return replace(job, max_requests=fitting), (
        f"{soft} open files are allowed, so -m is {fitting}, not {job.max_requests};"
        " raise `ulimit -n` for more"
    )
