"""What a run would ask for and pay, told before anything is asked: no request, no folder made.

"At most" holds whatever happens: all that the API shows of an account, less what the data set has
already. "Expected" goes by what the data set knows: how often an account posted, and how many of
its posts bore pictures. Sources that charge nothing are listed with 0 dollars.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder, home_of
from harvest.ledger.prices import FREE, Price
from harvest.ledger.records import Target, Walk
from harvest.run.filters import Change, judge
from harvest.run.job import Job
from harvest.run.plan_table import Line, Plan
from harvest.sources.catalogue import source_named
from harvest.sources.twitter_reach import (
    LARGEST_PAGE,
    SMALLEST_PAGE,
    is_over,
    page_size,
    reach,
    reads_per_post,
)
from harvest.store.journal import Past, read_paid, read_past
from harvest.store.schema import open_store


def make_plan(job: Job) -> Plan:
    """Plan a job's run. Raises UsageError for a data set that cannot be read."""
    path = DatasetFolder(job.dataset).catalog
    if not path.is_file():
        return _plan(job, None)
    with open_store(path, read_only=True) as catalog:
        return _plan(job, catalog)


def check_budget(job: Job) -> None:
    """Refuse a budget that pays for no request at all, before anything. Raises UsageError.

    Run again and again, such a run would end as it began.
    """
    paid = any(job.prices.get(target.source, FREE) != FREE for target in job.targets)
    if job.budget is not None and job.walk and paid and (fault := make_plan(job).too_small):
        raise UsageError(fault)


def _plan(job: Job, catalog: Catalog | None) -> Plan:
    now = job.clock.now()
    lines = tuple(
        _line(
            target,
            read_past(catalog, target) if catalog is not None else Past(),
            job.prices.get(target.source, FREE),
            now,
        )
        for target in job.targets
    )
    paid = [
        (one, job.prices[source])
        for one in (read_paid(catalog) if catalog is not None else ())
        if (source := one.target.partition(":")[0]) in job.prices
    ]
    return Plan(
        lines=lines,
        budget=job.budget,
        spent=sum((price.of(one.posts, one.users) for one, price in paid), Decimal(0)),
        spent_posts=sum(one.posts for one, _ in paid),
        spent_users=sum(one.users for one, _ in paid),
    )


def _line(target: Target, past: Past, price: Price, now: float) -> Line:
    rereads = hasattr(source_named(target.source), "reader")
    change, _ = judge(past, target, rereads=rereads)
    if change is Change.ANEW:
        past = replace(past, walk=Walk(before=past.walk.before))
    walk = past.walk
    word = "anew" if change is Change.ANEW else "first"
    if walk.cursor is not None:
        word = "goes on"
    elif walk.stop_at is not None:
        word = "newest only"
    wanted = None if target.max_images is None else target.max_images - past.seen
    if wanted is not None and wanted <= 0:
        return Line(target.key, "done", 0, 0, expected=0, price=price, least=None)
    if target.source == "folder" and not home_of(Path(target.name)).is_dir():
        return Line(target.key, "no such folder", None, 0)
    if target.source in ("folder", "urls"):
        return Line(target.key, "all of it", None, 0)
    if price == FREE:
        return Line(target.key, word, None, None)
    users = 0 if walk.cursor or walk.before else 1
    reads = reads_per_post(target)
    if change is Change.REREAD:
        word += ", stored pages again"
        least: Decimal | None = Decimal(0)
    elif walk.cursor is None and is_over(target, walk.stop_at):
        least = None
    else:
        least = price.of(SMALLEST_PAGE * reads, users)
    size = page_size(wanted, 0)
    most = max(0, reach(target) - (walk.posts if walk.cursor is not None else 0))
    expected = _expected(past, target, wanted, now)
    return Line(
        target.key,
        word,
        posts=most * reads,
        requests=users + max(1, math.ceil(most / size)),
        users=users,
        expected=None if expected is None else min(most, expected),
        price=price,
        limited=size < LARGEST_PAGE,
        least=least,
    )


def _expected(past: Past, target: Target, wanted: int | None, now: float) -> int | None:
    """How many posts a walk is expected to read, by what is known of the account."""
    guesses = []
    if wanted is not None and past.seen and past.posts:
        guesses.append(math.ceil(wanted * past.posts / past.seen))
    span = _seconds(past.oldest, past.newest)
    if past.walk.cursor is None and past.walk.stop_at is not None and span and past.newest:
        until = now if target.until is None else min(now, target.until.timestamp())
        fresh = max(0.0, until - past.newest.timestamp())
        guesses.append(math.ceil(past.posts * fresh / span))
    return min(guesses) if guesses else None


def _seconds(begin: datetime | None, end: datetime | None) -> float:
    return (end - begin).total_seconds() if begin is not None and end is not None else 0.0
