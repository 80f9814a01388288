"""One picture on its way: which addresses are left to ask, what the asked ones came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from harvest.download.endings import Ending, worse_to_lose
from harvest.guard.urls import origin_of_text
from harvest.ledger.records import Sighting, Status


@dataclass(slots=True)
class Errand:
    """The state of one download; it can be laid aside between two requests."""

    sighting: Sighting
    """What is asked for."""
    target: str
    """Key of the target that reports it."""
    retries: int
    """Second, third, … attempts that are left, over all addresses."""
    addresses: list[str] = field(default_factory=list)
    """Still to be asked, the next one first."""
    attempts: int = 0
    """Requests so far."""
    tries: int = 0
    """Requests so far at the first of `addresses`."""
    ending: Ending | None = None
    """The end that speaks for the addresses that have been asked to the end."""
    not_before: float = 0.0
    """Seconds to wait from the last request to the next one."""

    @classmethod
    def of(cls, sighting: Sighting, target: str, retries: int) -> Errand:
        """Make one for a sighting."""
        addresses = [] if sighting.is_local else list(dict.fromkeys(sighting.addresses))
        return cls(sighting, target, retries, addresses)

    @property
    def host(self) -> str:
        """Host of the next address; "" where there is none, as for a file on this disk."""
        return origin_of_text(self.addresses[0]) if self.addresses else ""

    def again(self, seconds: float) -> None:
        """Ask the same address once more, after so many seconds at least."""
        self.retries -= 1
        self.not_before = seconds

    def settle(self, ending: Ending) -> None:
        """Have done with the first address; a picture, or a word for all sizes, ends it all."""
        self.ending = worse_to_lose(self.ending, ending)
        self.addresses.pop(0)
        self.tries, self.not_before = 0, 0.0
        if ending.status is Status.SAVED or ending.reason == "opt_out":
            self.ending = ending
            self.addresses.clear()
