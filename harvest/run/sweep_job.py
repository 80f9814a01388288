"""From what a user says to a sweep: which targets, which posts and addresses, how anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.targets import parse_word
from harvest.run.job import Job
from harvest.run.jobs import Options, remembered_settings, retry_job
from harvest.run.keys import find_keys, sandbox_keys
from harvest.sources.catalogue import source_named
from harvest.store.sweeps import Scope


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """What `harvest sweep` may say beside `Options`."""

    only: tuple[str, ...] = ()
    """Targets, as on the command line; empty: all."""
    addresses: bool = False
    """Ask for the addresses of pictures whose posts are looked up, too."""
    again: bool = False
    """Begin anew, also where an earlier sweep had an answer."""
    older_than: float | None = None
    """Days: ask for what was asked before that; None: for what was not asked yet."""


@dataclass(frozen=True)
class SweepJob:
    """One sweep over one data set."""

    job: Job
    """Data set, targets, network, money, clock."""
    scope: Scope
    """What is asked again."""
    again: bool = False
    """Begin a new round."""


def sweep_job(dataset: Path, options: Options, given: SweepOptions) -> SweepJob:
    """The sweep of a data set, with the keys, prices and endpoints that its settings name.

    Raises UsageError when there is no data set, for a target in `only` that it does not have, and
    for `again` beside `older_than`.
    """
    if given.again and given.older_than is not None:
        raise UsageError("sweep: --again asks for everything, --older-than for a part; choose one")
    job = retry_job(dataset, options)
    folder = DatasetFolder.open(dataset)
    settings = remembered_settings(folder)
    names = settings.credentials if settings else None
    keys = sandbox_keys() if options.sandbox else find_keys(names, beside=folder.root)
    budget = options.budget
    if budget is None and settings is not None:
        budget = settings.budget
    job = replace(
        job,
        targets=tuple(t for t in job.targets if not given.only or t.key in _keys(job, given.only)),
        keys=keys,
        budget=budget,
        prices=settings.prices if settings else job.prices,
        purpose="winnow harvest sweep",
    )
    scope = Scope(
        targets=tuple(target.key for target in job.targets),
        looking=tuple(
            source
            for source in dict.fromkeys(target.source for target in job.targets)
            if hasattr(source_named(source), "look_up")
        ),
        addresses=given.addresses,
        older_than=None if given.older_than is None else timedelta(days=given.older_than),
    )
    return SweepJob(job, scope, given.again)


def _keys(job: Job, only: Sequence[str]) -> set[str]:
    known = {target.key.casefold(): target.key for target in job.targets}
    chosen = set()
    for text in only:
        key = parse_word(text).key
        # Names on X know no case; of the others two may differ by it.
        found = known.get(key.casefold()) if key.startswith("twitter:") else key
        if found not in known.values():
            there = ", ".join(sorted(known.values())) or "none"
            raise UsageError(f"--only {text}: no such target in this data set; there are {there}")
        chosen.add(str(found))
    return chosen
