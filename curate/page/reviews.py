"""The review list: what somebody should look at once more, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from curate.conflicts import find_conflicts
from curate.groups import is_between_kept
from curate.page.answers import Answers, label_in
from curate.page.course import Course
from curate.page.items import AWAY, LEFT, Items
from curate.page.queue import Queue
from curate.page.teaching import Teaching
from curate.page.values import Proved, Review, Stack
from curate.same import PROOF_VERSION
from curate.scan import is_rejected
from curate.store.facts import read_provenance
from curate.store.likeness import read_apart
from curate.store.opinions import read_clusters, read_pairs

_DOUBTFUL = 0.6  # probability of the likeliest label below which a picture is doubtful
_MOST = 200  # rows for one reason


@dataclass
class Reviews:
    """Makes the list anew each time."""

    answers: Answers
    """Where pictures stand."""
    items: Items
    """What is left."""
    course: Course
    """What was said."""
    teaching: Teaching
    """What the model holds."""
    queue: Queue
    """What it doubts."""

    def rows(self, found: Mapping[str, str]) -> list[Review]:
        """All rows, by reason; `found`: sha256 -> what a blind look of a certificate said."""
        rows = [*self._conflicts(), *self._errors(found), *self._doubtful(), *self._skipped()]
        return [*rows, *self._duplicates()]

    def stack(self, sha256: str) -> Stack:
        """The stack of a picture, which may be no item of the sitting."""
        stacks = self.items.stacks
        shown = stacks.home.get(sha256, sha256)
        return stacks.by_picture.get(shown) or Stack(sha256, (sha256,))

    def _conflicts(self) -> Iterator[Review]:
        catalog, standing = self.answers.catalog, self.answers.standing
        unclear = find_conflicts(standing, read_provenance(catalog), read_clusters(catalog))
        for sha256, why in list(unclear.items())[:_MOST]:
            if sha256 not in standing.raw.lost:
                label = label_in(standing, sha256)
                yield Review("conflict", self.stack(sha256), label, None, 0.0, why)

    def _errors(self, found: Mapping[str, str]) -> Iterator[Review]:
        status = self.items.status
        looked: dict[str, str] = {}
        for sha256, said in found.items():
            shown = self.items.stacks.home.get(sha256, sha256)
            if status.get(shown) not in (LEFT, AWAY, said) and not self._looked_again(shown):
                looked.setdefault(shown, said)
        doubted = {
            s: said for s, said in self.queue.doubted.items() if not self.course.past(s).confirmed
        }
        doubted |= self._elsewhere()
        for shown, said in looked.items():
            words, chance = f"a blind look said {said}", 0.0
            if shown in doubted:
                other, sure = doubted.pop(shown)
                words += f"; the model says {other}, {sure:.1%} sure"
                chance = sure if other == said else 0.0
            label, told = self._label(shown), None if said in ("junk", "gone") else said
            yield Review("likely error", self.stack(shown), label, told, chance, words)
        worst = sorted(doubted.items(), key=lambda each: (-each[1][1], each[0]))[:_MOST]
        for sha256, (other, chance) in worst:
            words = f"the model says {other}, {chance:.1%} sure"
            label = self._label(sha256)
            yield Review("likely error", self.stack(sha256), label, other, chance, words)

    def _elsewhere(self) -> dict[str, tuple[str, float]]:
        """What the model contradicts among labels that were not given here."""
        standing, found = self.answers.standing, {}
        for sha256 in self.teaching.known:
            if sha256 not in self.items.stacks.home:
                label = label_in(standing, sha256)
                said = self.teaching.doubts(sha256, label) if label is not None else None
                if said is not None:
                    found[sha256] = said
        return found

    def _looked_again(self, sha256: str) -> bool:
        last = self.course.past(sha256).last
        return last is not None and last.purpose == "review"

    def _doubtful(self) -> Iterator[Review]:
        rows = []
        for sha256 in self.items.left:
            best = self.teaching.held(sha256)
            if best is not None and best[1] < _DOUBTFUL:
                rows.append((best[1], sha256, best[0]))
        for chance, sha256, label in sorted(rows)[:_MOST]:
            words = f"likeliest {label}, {chance:.0%} sure"
            yield Review("doubtful", self.stack(sha256), None, label, chance, words)

    def _skipped(self) -> Iterator[Review]:
        for sha256 in self.items.skipped()[:_MOST]:
            yield Review("skipped", self.stack(sha256), None, None, 0.0, "skipped")

    def _duplicates(self) -> Iterator[Review]:
        """Pairs that may be one picture, then those that were merged, the least alike first."""
        catalog, standing = self.answers.catalog, self.answers.standing
        clusters, apart = read_clusters(catalog), read_apart(catalog)
        said = self.course.compared
        unsure, merged = [], []
        for pair in read_pairs(catalog, PROOF_VERSION).values():
            a, b = clusters.get(pair.a), clusters.get(pair.b)
            if a is None or b is None or a.kin != b.kin:
                continue
            if (pair.a, pair.b) in apart or (pair.a, pair.b) in said:
                continue
            if pair.a in standing.raw.lost or pair.b in standing.raw.lost:
                continue
            if pair.kind == "same" and pair.a in (a.keeper, b.keeper):
                merged.append((pair.a, pair.b, pair))
            elif pair.kind == "same" and pair.b in (a.keeper, b.keeper):
                merged.append((pair.b, pair.a, pair))
            elif pair.kind in ("unsure", "variant") and is_between_kept(pair, clusters):
                unsure.append((pair.a, pair.b, pair))
        unsure.sort(key=lambda each: (each[2].kind, each[2].tile, each[0], each[1]))
        merged.sort(key=lambda each: (-each[2].tile, each[0], each[1]))
        for kept, other, pair in [*unsure[:_MOST], *merged[:_MOST]]:
            proof = Proved(kept, other, pair.kind, pair.how, pair.tile, pair.spot)
            words = f"{pair.kind}: {pair.how}, worst tile {pair.tile:.1f} levels"
            label = label_in(standing, kept)
            yield Review("duplicates", self.stack(kept), label, None, 0.0, words, proof)

    def _label(self, sha256: str) -> str | None:
        folders = self.answers.standing.folders(sha256)
        junk = bool(folders) and all(is_rejected(f) for f in folders)
        return "junk" if junk else label_in(self.answers.standing, sha256)
