"""What stands in a run's way, told before anything is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder, is_label_folder
from harvest.run.job import Job


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
