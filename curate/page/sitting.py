"""One person, at several tabs or one, sorting a data set: the engine of the labelling page.

It knows no HTTP. Everything that was said lies in the catalog before it is answered, so whoever
makes a new `Sitting` after a kill goes on with the same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from curate.page import comparing, replies, serving, undoing
from curate.page.answers import Answers
from curate.page.audit import estimate
from curate.page.figures import Certificate, Estimate, Model, State
from curate.page.plants import overlooked
from curate.page.suggester import Suggester
from curate.page.table import Table, keys_of
from curate.page.trials import Begun
from curate.page.values import (
    Answer,
    Grid,
    PageAnswer,
    PageSettings,
    PairAnswer,
    Receipt,
    Review,
    ReviewAnswer,
    Shown,
)
from curate.page.watching import Watch
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder


class Sitting:
    """The engine of the labelling page. Used from one thread; the caller holds the lock."""

    def __init__(  # noqa: PLR0917 - one for each seam
        self,
        folder: DatasetFolder,
        catalog: Catalog,
        settings: PageSettings,
        suggester: Suggester | None,
        clock: Callable[[], float],
        who: str,
    ) -> None:
        """Read how all stands. `clock`: seconds since the epoch, as `time.time`.

        Raises as `labels.sync` does.
        """
        self._settings = settings
        self._suggester = suggester
        self._is_promised = False
        self._answers = Answers(folder, catalog, clock, who)
        self._table = Table.lay(self._settings, self._answers, suggester)
        self._watch = Watch(self._answers, clock)

    def promise(self) -> None:
        """A model will come, by `take`."""
        self._is_promised = True

    def take(self, suggester: Suggester | None) -> None:
        """The model that was promised has come; None: there is none after all."""
        self._is_promised, self._suggester = False, suggester
        if suggester is not None:
            self._table.take(suggester)

    def look_again(self) -> None:
        """Read what people have moved by hand meanwhile, and pictures that have come.

        Raises as `labels.sync` does.
        """
        self._watch.explain()  # whatever is left unexplained is no news again and again
        self._answers.look_again()
        before = self._table
        before.teaching.stop()
        self._table = Table.lay(self._settings, self._answers, self._suggester)
        self._table.leases.recall(before.leases)
        self._watch.explain()

    def state(self) -> State:
        """How the sitting stands. Raises as `look_again`, which it does where files were moved."""
        self._look_where_moved()
        table = self._table
        if table.is_over():  # nobody asks for pictures any more, and the last answers count, too
            table.refit()
        items, course = table.items, table.course
        left, rate = len(items.left), course.rate()
        return State(
            self._settings.labels,
            keys_of(self._settings.labels),
            items.done(),
            left,
            len(items.skipped()),
            sum(not course.past(s).confirmed for s in table.queue.doubted if items.is_done(s)),
            items.counts(),
            rate,
            60 * left / rate if rate else None,
            len(course.standing_steps()),
            self._estimate(),
            overlooked(course.plants, course.found, self._settings.sure),
            table.trials.state(),
            table.trials.offers(),
            self._model(),
        )

    def next_single(self, tab: str, count: int) -> list[Shown]:
        """The picture to show and those ahead, leased to the tab; repeated calls keep the order.

        Empty: nothing is left to be looked at by itself. Raises as `look_again`, which it does
        where somebody has moved files.
        """
        self._look_where_moved()
        return serving.singles(self._table, tab, count)

    def next_grid(self, tab: str, tiles: int, after: str = "") -> Grid | None:
        """The page to show, frozen until it is answered or released; None: singles come first.

        `tiles`: how many fit the window. `after`: id of a page of this tab; then the page that
        will follow it. Raises as `next_single`.
        """
        self._look_where_moved()
        return serving.page(self._table, tab, tiles, after)

    def answer(self, answer: Answer) -> Receipt:
        """Take an answer of single mode. Raises UsageError for one that makes no sense."""
        return replies.single(self._table, answer)

    def confirm(self, answer: PageAnswer) -> Receipt:
        """Take the answer to a page. Raises UsageError for tiles that are not on it."""
        return replies.page(self._table, answer)

    def undo(self, tab: str, client: str) -> Receipt:
        """Take the last step back; a page is one step."""
        return undoing.undo(self._table, tab, client)

    def catch_up(self) -> bool:
        """Let the model learn from every answer so far; whether it is still at it."""
        self._look_where_moved()
        self._table.refit(thorough=True)
        return self._table.teaching.is_learning

    def review(self) -> list[Review]:
        """The review list: conflicts, likely errors, doubtful and skipped pictures, duplicates."""
        from curate.page.reviews import Reviews  # it brings numpy, which no first picture needs

        self.catch_up()
        table = self._table
        reviews = Reviews(self._answers, table.items, table.course, table.teaching, table.queue)
        return reviews.rows(table.trials.disagreed())

    def decide(self, answer: ReviewAnswer) -> Receipt:
        """Take an answer to a row of the review list. Raises UsageError."""
        return replies.review(self._table, answer)

    def compare(self, answer: PairAnswer) -> Receipt:
        """Take a word on two pictures side by side. Raises UsageError."""
        return comparing.compare(self._table, answer)

    def price(self, allowed: int = 0) -> Certificate:
        """What a certificate costs; `allowed`: wrong looks at which it is still given.

        Raises UsageError where so many can never be allowed.
        """
        return self._table.trials.price(allowed)

    def certify(self, allowed: int = 0) -> Certificate:
        """Fix the looks of a certificate: from now on `next_single` shows them, blind.

        Raises UsageError while pictures are left to be sorted, and while another one runs.
        """
        table = self._table
        last = table.course.steps[-1].number if table.course.steps else 0
        table.trials.begin(Begun(table.clock(), self._answers.who, last), allowed)
        return table.trials.state()

    def give_up_certificate(self) -> Certificate:
        """End the looks before they are all made; what was seen is never used again."""
        self._table.trials.give_up()
        return self._table.trials.state()

    def release(self, tab: str) -> None:
        """Let go of everything that was given to a tab."""
        leases = self._table.leases
        shown = [lease.shown for lease in leases.of_tab(tab)]
        leases.end(shown, [laid.page for laid in leases.pages_of(tab)])

    def give_up_pages(self, tab: str) -> None:
        """Let go of the pages that a tab was given: it looks at their pictures one by one."""
        leases = self._table.leases
        leases.end(pages=[laid.page for laid in leases.pages_of(tab)])

    def hear(self, tab: str, *, leaving: bool = False) -> None:
        """Note that a tab is alive, or that it is being closed: others soon get its pictures."""
        leases = self._table.leases
        (leases.leave if leaving else leases.hear)(tab)

    def close(self) -> None:
        """Stop the suggester."""
        self._table.teaching.close()

    def _look_where_moved(self) -> None:
        if self._watch.has_news():
            self.look_again()

    def _estimate(self) -> Estimate:
        """By blind looks at pictures that have a label: of the hidden sample, of a certificate."""
        table = self._table
        proved = table.trials.looked()
        labelled = table.items.labelled() if proved else {}
        agreed: dict[str, bool] = {}
        for sha256 in table.sample:
            shown = table.items.stacks.home[sha256]
            looks = table.course.past(shown).audits
            if looks and table.items.is_done(shown):
                # One look that disagrees may itself be the slip, a second one hardly is.
                agreed[sha256] = any(table.items.agrees(shown, look) for look in looks[:2])
        members = table.items.members(junk=True)
        if proved:  # a certificate never looks at junk: both speak of the labelled ones then
            agreed = {s: right for s, right in agreed.items() if s in labelled} | proved
            members = len(labelled.keys() | agreed.keys())
        return estimate(agreed.values(), members, self._settings.sure)

    def _model(self) -> Model:
        table, teaching = self._table, self._table.teaching
        if not teaching.is_there:
            return Model("embedding" if self._is_promised else "none")
        embedded, of = teaching.embedded(), len(teaching.known)
        state: Literal["ready", "embedding", "waiting"] = "ready"
        if teaching.thought.opinion is None:
            # Where all is sorted only those who ask on hear what the last refit brings.
            is_last = teaching.is_learning and table.is_over()
            state = "embedding" if embedded < of or is_last else "waiting"
        return Model(
            state,
            embedded,
            of,
            teaching.thought.learnt_from,
            len(table.queue.sure & table.items.left),
        )
