"""The posts of a sweep: batch after batch to one source's look-up, waiting as a walk does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from harvest.ledger.errors import Outage, RateLimited
from harvest.ledger.purse import Purse
from harvest.ledger.standing import Finding
from harvest.run.job import Job
from harvest.run.patience import Patience
from harvest.sources.lookup import Looked, LooksUp, sweep_target
from harvest.store.sweeps import DuePost, note_posts, read_posts


class Host(Protocol):
    """What looking up needs of the sweep it belongs to."""

    async def database(self, work: Callable[..., Any], *values: Any) -> Any:
        """Run a store function on the catalog."""

    async def found(self, posts: int, findings: Sequence[Finding]) -> None:
        """Hear how posts were found."""

    def note(self, line: str) -> None:
        """Hear a line for people."""

    async def nap(self, seconds: float) -> bool:
        """Wait; False when the sweep is to stop."""

    @property
    def stopping(self) -> bool:
        """Whether the sweep is to stop."""


async def look_through(host: Host, job: Job, name: str, source: LooksUp, purse: Purse) -> None:
    """Ask for all that is due of a source; each answer is written before the next question.

    Raises what ends it early: BudgetSpent, and what the source raised once waiting was in vain.
    """
    patience = Patience(host, job.clock, job.max_wait)
    last = idle = 0
    while not host.stopping:
        room = purse.affordable(name)
        size = source.lookup_posts if room is None else min(source.lookup_posts, room)
        due: list[DuePost] = await host.database(read_posts, name, last, max(size, 1))
        if not due:
            return
        if size < 1:
            raise purse.refusal(sweep_target(name), posts=1)
        try:
            looked: Looked = await source.look_up([one.post for one in due], purse)
        except (RateLimited, Outage) as error:
            await patience.bear(error, idle)
            idle += 1
            continue
        await host.database(note_posts, name, looked.findings, looked.paid_posts)
        last, idle = due[-1].number, 0
        await host.found(len(due), list(looked.findings.values()))
