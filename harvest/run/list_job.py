"""From lists of addresses, as the command line gives them, to a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import FolderMode
from harvest.ledger.labelnames import check_label
from harvest.ledger.lists.columns import Wanted
from harvest.ledger.lists.given import STDIN, GivenList, check_name
from harvest.ledger.records import Target
from harvest.run.job import MAX_REQUESTS, Job
from harvest.run.jobs import Options
from harvest.sources.urllist import UrlList


@dataclass(frozen=True, slots=True)
class UrlOptions:
    """What `harvest urls` may say beside `Options`."""

    best_size: bool = False
    """Try larger sizes of pictures on Twitter's CDN before the line itself."""
    folders: FolderMode = "link"
    """How pictures stand under `images/`."""
    columns: Wanted = field(default_factory=Wanted)
    """Which columns of the lists are read."""
    label: str | None = None
    """A label for all lines; None: each list's own, of its column or its name."""
    options: Options = field(default_factory=Options)
    """The rest."""


def logs_job(logs: Sequence[Path], dataset: Path, given: UrlOptions) -> Job:
    """The job of published URL logs and other lists; those of one name are read in turn.

    A list without labels of its own has its name as label, what has no name has none. Raises
    UsageError for a list that cannot be read, or whose name makes no label where it has to.
    """
    if given.label is not None and given.columns.label is not None:
        raise UsageError(
            f"--label {given.label[:80]!r} beside --label-column {given.columns.label[:80]!r}: both"
            " say where labels come from; keep one"
        )
    if logs.count(STDIN) > 1:
        raise UsageError("-: standard input can be read once only; give it once")
    columns = replace(given.columns, labels=given.label is None)
    by_name: dict[str, list[GivenList]] = {}
    for path in logs:
        one = GivenList(path, columns)
        by_name.setdefault(check_name(one.name), []).append(one)
    _refuse_case_twins(by_name)
    targets = tuple(_list_target(name, lists, given.label) for name, lists in by_name.items())
    options = given.options
    return Job(
        dataset=dataset,
        targets=targets,
        sources={"urls": UrlList(by_name, best_size=given.best_size)},
        outside=options.outside({}),
        limits=options.limits(),
        folders=given.folders,
        max_requests=options.max_requests or MAX_REQUESTS,
        max_wait=options.max_wait,
        rate=options.rates(),
        purpose="winnow harvest urls",
    )


def _list_target(name: str, lists: Sequence[GivenList], label: str | None) -> Target:
    labelled = {one.labelled for one in lists}
    if len(labelled) > 1:
        raise UsageError(
            f"lists of one name, {name!r}: only some have a column of labels; rename one,"
            " or give --label for all"
        )
    if label is None and not labelled.pop() and not any(one.is_nameless for one in lists):
        try:
            return Target("urls", name, label=check_label(name))
        except UsageError as error:
            raise UsageError(
                f"{lists[0].shown}: its name gives its pictures' label: {error}, or give --label"
                " NAME"
            ) from None
    return Target("urls", name, label=None if label is None else check_label(label))


def _refuse_case_twins(labels: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for label in labels:
        twin = seen.setdefault(label.casefold(), label)
        if twin != label:
            raise UsageError(
                f"lists {twin!r} and {label!r}: labels that differ by case only; rename one"
            )
