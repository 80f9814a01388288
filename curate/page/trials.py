"""The certificate: looks fixed before the first, blind, and what they prove.

A look that finds another label than the picture had when the trial began is made again, blind; two
of three that do count as wrong, whatever happens to the picture meanwhile. Trials after the first
halve their risk each: to try again and again until luck gives a certificate does not pay.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from math import floor
from typing import Literal

from curate.page.audit import drawn
from curate.page.certificate import is_proven, looks_needed, most_wrong, verdict
from curate.page.course import Course
from curate.page.figures import Certificate, Offer
from curate.page.items import Items
from curate.page.queue import GAP
from curate.page.values import PageSettings
from curate.store.pages import Trial, add_trial, end_trial
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import UsageError

Standing = Literal["early", "offered", "running", "given", "refused"]

_MOST_ALLOWED = 3  # wrong looks that are offered to be allowed

_cached_looks = lru_cache(maxsize=64)(looks_needed)
_cached_bound = lru_cache(maxsize=64)(most_wrong)
_cached_proof = lru_cache(maxsize=64)(is_proven)


@dataclass(frozen=True, slots=True)
class Begun:
    """Who begins a certificate, and when."""

    at: float
    """Seconds since the epoch."""
    who: str
    """Name of the person."""
    last_step: int
    """Number of the last step."""


class Trials:
    """All certificates of a data set."""

    def __init__(
        self,
        catalog: Catalog,
        settings: PageSettings,
        items: Items,
        course: Course,
        past: list[Trial],
    ) -> None:
        """`past`: those that were begun before, oldest first."""
        self._catalog = catalog
        self._settings = settings
        self._items = items
        self._course = course
        self._trials = past

    @property
    def last(self) -> Trial | None:
        """The last one that was not given up."""
        return self._trials[-1] if self._trials and not self._trials[-1].given_up else None

    def is_running(self) -> bool:
        """Whether looks are left to be made."""
        return self.last is not None and bool(self._waiting(self.last))

    def price(self, allowed: int = 0) -> Certificate:
        """What a certificate would cost now; `allowed`: wrong looks at which it is still given.

        Raises UsageError where so many can never be allowed.
        """
        members = self._items.members(junk=False)
        early = not members or self._is_early()
        if early:  # what it will cost when all is sorted
            members = len(self._items.stacks.home)
        looks = (
            _cached_looks(members, self._settings.limit, self._risk(), allowed) if members else 0
        )
        return self._told("early" if early else "offered", (looks, 0, 0), members, self._risk())

    def offers(self) -> tuple[Offer, ...]:
        """What can be had now; none before all is sorted, and while one runs."""
        members = self._items.members(junk=False)
        if not members or self._is_early() or self.is_running():
            return ()
        found: list[Offer] = []
        for allowed in range(min(_MOST_ALLOWED, floor(self._settings.limit * members)) + 1):
            looks = _cached_looks(members, self._settings.limit, self._risk(), allowed)
            found.append(Offer(allowed, looks, looks * self._course.seconds_a_look() / 60))
        return tuple(found)

    def state(self) -> Certificate:
        """How the last one stands, or what one would cost."""
        trial = self.last
        if trial is None or (not self.is_running() and self._is_early()):
            return self.price()
        looked = len(trial.sample) - len(self._waiting(trial))
        if looked < len(trial.sample):
            counts = (len(trial.sample), looked, 0)
            return self._told("running", counts, trial.members, trial.risk)
        wrong = len(self.disagreed())
        bound = _cached_bound(trial.members, len(trial.sample), wrong, trial.risk)
        counts = (len(trial.sample), looked, wrong)
        given = _cached_proof(trial.members, len(trial.sample), wrong, trial.share, trial.risk)
        most = bound / trial.members
        state: Standing = "given" if given else "refused"
        return replace(self._told(state, counts, trial.members, trial.risk), at_most=most)

    def begin(self, begun: Begun, allowed: int = 0) -> None:
        """Draw the sample. Raises UsageError while pictures are left, or looks of the last one."""
        price = self.price(allowed)
        if self.is_running():
            raise UsageError("certificate: its looks are not all made; make them, or give it up")
        if price.state == "early":
            raise UsageError(
                f"certificate: {len(self._items.left)} pictures are not sorted yet; sort them first"
            )
        labels = self._items.labelled()
        number = len(self._trials) + 1
        sample = drawn(labels, price.looks, self._settings.seed, f"certificate {number}")
        trial = Trial(
            number,
            begun.at,
            begun.who,
            begun.last_step,
            len(labels),
            allowed,
            self._settings.limit,
            self._risk(),
            {sha256: labels[sha256] for sha256 in sample},
        )
        add_trial(self._catalog, trial)
        self._trials.append(trial)

    def give_up(self) -> None:
        """End the last one before all its looks are made."""
        trial = self.last
        if trial is not None and self.is_running():
            end_trial(self._catalog, trial.number)
            self._trials[-1] = replace(trial, given_up=True)

    def pick(self, seen: int, taken: Collection[str]) -> str | None:
        """The item of the next look; `seen`: items looked at before it."""
        trial = self.last
        if trial is None:
            return None
        home = self._items.stacks.home
        items = list(dict.fromkeys(home[s] for s in self._waiting(trial)))
        free = [s for s in items if s not in taken]
        passed_over = {
            s for s, looks in self._course.proofs.items() if looks[-1][0] > trial.last_step
        }
        free.sort(key=lambda s: (s in passed_over, seen - self._course.past(s).seen_at < GAP))
        return free[0] if free else None

    def disagreed(self) -> dict[str, str]:
        """sha256 in the last sample -> what was said instead, once all looks are made."""
        trial = self.last
        if trial is None or self._waiting(trial):
            return {}
        found = {}
        for sha256, label in trial.sample.items():
            said = self._said(trial, sha256)
            if said is not None and said != label:
                found[sha256] = said
        return found

    def looked(self) -> dict[str, bool]:
        """sha256 -> whether blind looks agree with its label, by the last one with all looks made.

        What was found to be something else stays found, mended or not; so does a label that was
        changed since against what the looks said. Pictures without a label or `junk` are left out.
        """
        done = (t for t in reversed(self._trials) if not (t.given_up or self._waiting(t)))
        trial, found = next(done, None), dict[str, bool]()
        if trial is None:
            return found
        for sha256, label in trial.sample.items():
            item = self._items.stacks.home.get(sha256)
            if item is not None and self._items.is_done(item):
                found[sha256] = label == self._said(trial, sha256) == self._items.status[item]
        return found

    def _waiting(self, trial: Trial) -> list[str]:
        return [
            s for s in trial.sample if s in self._items.stacks.home and self._said(trial, s) is None
        ]

    def _said(self, trial: Trial, sha256: str) -> str | None:
        """What was said of a picture: a label, `junk`; None: looks are wanting."""
        item = self._items.stacks.home.get(sha256)
        if item is None:
            return "gone"
        said = [
            look.label if look.choice == "label" else look.choice
            for number, look in self._course.proofs.get(item, ())
            if number > trial.last_step and look.choice not in ("skip", "fast")
        ]
        return verdict(trial.sample[sha256], said)

    def _is_early(self) -> bool:
        return len(self._items.left) > len(self._items.skipped())

    def _risk(self) -> float:
        return (1 - self._settings.sure) * 0.5 ** len(self._trials)

    def _told(
        self, state: Standing, counts: tuple[int, int, int], members: int, risk: float
    ) -> Certificate:
        looks, looked, wrong = counts
        minutes = (looks - looked) * self._course.seconds_a_look() / 60
        return Certificate(
            state,
            self._settings.limit,
            1 - risk,
            looks,
            looked,
            wrong,
            members,
            1.0,
            minutes,
        )
