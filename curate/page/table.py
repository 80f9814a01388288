"""All that a sitting works with, laid out: pictures, what was said of them, model, queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from curate.page.answers import Answers, label_in
from curate.page.audit import drawn, hidden_sample
from curate.page.course import ORDINARY, Course
from curate.page.items import Items
from curate.page.leases import Leases
from curate.page.queue import Queue
from curate.page.stacks import gather
from curate.page.suggester import Suggester
from curate.page.teaching import Teaching
from curate.page.trials import Trials
from curate.page.values import PageSettings
from curate.scan import is_rejected
from curate.store.opinions import read_clusters
from curate.store.pages import read_steps, read_trials

_KEYS = "123456789"


@dataclass
class Table:
    """What a sitting works with."""

    settings: PageSettings
    """How the data set is sorted."""
    answers: Answers
    """Writes, and knows where pictures stand."""
    course: Course
    """What was said so far."""
    items: Items
    """What is left."""
    sample: list[str]
    """Pictures of the hidden sample."""
    teaching: Teaching
    """The model."""
    queue: Queue
    """What comes next."""
    leases: Leases
    """What tabs were given."""
    trials: Trials
    """The certificates."""
    clock: Callable[[], float]
    """Seconds since the epoch."""
    _weighed: int = field(default=-1, init=False)
    """Steps up to which was looked whether they are news to the model."""

    @classmethod
    def lay(cls, settings: PageSettings, answers: Answers, suggester: Suggester | None) -> Table:
        """Lay everything out as the catalog and the files say it stands."""
        catalog, standing = answers.catalog, answers.standing
        steps = read_steps(catalog)
        answered = {
            sha256
            for step in steps
            for look in step.looks
            if look.purpose in ORDINARY
            for sha256 in (look.sha256, *look.moved)
        }
        stacks = gather(standing, read_clusters(catalog), answered, relabel=settings.relabel)
        course = Course(steps, stacks.home)
        items = Items(answers, stacks, course, settings.relabel)
        sample = hidden_sample(list(stacks.home), settings.audit, settings.seed)
        hidden = {stacks.home[sha256] for sha256 in sample}
        pictures = _pictures(answers, items, settings) if suggester is not None else []
        teaching = Teaching(suggester, pictures, hidden, beside=settings.beside)
        queue = Queue(
            items,
            course,
            teaching,
            list(dict.fromkeys(stacks.home[s] for s in sample)),
            settings.seed,
        )
        return cls(
            settings,
            answers,
            course,
            items,
            sample,
            teaching,
            queue,
            Leases(catalog, answers.clock, settings.lease),
            Trials(catalog, settings, items, course, read_trials(catalog)),
            answers.clock,
        )

    def take(self, suggester: Suggester) -> None:
        """Go on with a model, where there was none so far."""
        self.teaching.take(suggester, _pictures(self.answers, self.items, self.settings))

    def refit(self, *, thorough: bool = False) -> None:
        """Let the model learn where there is news enough, and put the queue in order.

        Any news is enough where it is `thorough`, and when nothing waits but what was skipped.
        """
        course, teaching = self.course, self.teaching
        has_thought = teaching.collect()
        thorough = thorough or self.is_over()
        if teaching.is_due(course.answers, course.pages) or (thorough and self._has_news()):
            teaching.learn(self._known(), self.items.left, course.answers, course.pages)
        if teaching.collect() or has_thought:
            self.queue.refresh()

    def is_over(self) -> bool:
        """Whether nothing waits to be sorted but what was skipped."""
        return len(self.items.left) == len(self.items.skipped())

    def _has_news(self) -> bool:
        """Whether people said anything that the model has not learnt, one step being enough."""
        steps = len(self.course.steps)
        if steps == self._weighed or self.teaching.is_learning:
            return False
        self._weighed = steps
        return self.teaching.is_news(self._known())

    def _known(self) -> dict[str, str]:
        """Labels that a person gave, here or by moving files, by picture."""
        labels = set(self.settings.labels)
        found = {s: label for s, label in self.items.status.items() if label in labels}
        for sha256 in self.answers.hands():
            if sha256 not in self.items.stacks.home:
                label = label_in(self.answers.standing, sha256)
                if label in labels:
                    found[sha256] = str(label)
        return found


def keys_of(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The key of each label: F and J for two, 1 to 9 for more."""
    return ("f", "j") if len(labels) == 2 else tuple(_KEYS[: len(labels)])


def _pictures(answers: Answers, items: Items, settings: PageSettings) -> list[tuple[str, Path]]:
    """What the model is to know: what is left first, then all other items, then labels before."""
    standing = answers.standing
    waiting = drawn(items.left, len(items.left), settings.seed, "order")
    others = sorted(items.status.keys() - items.left)
    before = [
        sha256
        for sha256 in sorted(standing.places)
        if sha256 not in items.stacks.home
        and sha256 not in standing.raw.lost
        and not any(is_rejected(f) for f in standing.folders(sha256))
        and label_in(standing, sha256) in settings.labels
    ]
    raw = str(answers.folder.raw)  # joined as text: a Path for each part takes its time
    every = [*waiting, *others, *before]
    return [(s, Path(f"{raw}/{s[:2]}/{s}.{standing.images[s].extension}")) for s in every]
