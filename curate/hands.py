"""Which decisions follow from a look at `images/`: what stands elsewhere than it was left.

Where a picture stood before is what its last decision says, or where harvest put it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from curate.conflicts import home_of
from curate.facts import Folders
from curate.scan import alone_in, folder_of
from curate.store.arrivals import read_put_in
from curate.store.decisions import Decision
from curate.store.facts import Seen, Stored, read_provenance
from curate.store.moves import Place, read_placed
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import UNSORTED

_NOWHERE: Folders = frozenset()


@dataclass(frozen=True, slots=True)
class Before:
    """Where every picture was left by the last look."""

    images: Mapping[str, Stored]
    """All pictures by sha256."""
    history: Mapping[str, Sequence[Decision]]
    """Decisions by sha256, oldest first."""
    last: Mapping[str, Folders]
    """Folders in which the last look saw each picture."""
    put_in: Collection[str]
    """Pictures that came in by hand."""
    placed: Mapping[str, str | None]
    """Where harvest had put each picture at the last look."""

    @classmethod
    def read(
        cls,
        catalog: Catalog,
        images: Mapping[str, Stored],
        history: Mapping[str, Sequence[Decision]],
        places: Sequence[Place],
    ) -> Before:
        """From the catalog, and from `places`, which the last look saw."""
        last: dict[str, Folders] = {}
        for place in places:
            here = alone_in(folder_of(place.path))
            last[place.sha256] = last[place.sha256] | here if place.sha256 in last else here
        return cls(images, history, last, read_put_in(catalog), read_placed(catalog))

    def folders(self, sha256: str) -> Folders | None:
        """Folders in which a picture was left; None: nobody has placed it yet."""
        if decisions := self.history.get(sha256):
            return decisions[-1].after
        if sha256 in self.put_in:
            return self.last.get(sha256, _NOWHERE)
        placed_as = self.images[sha256].placed_as
        return alone_in(folder_of(placed_as)) if placed_as else None

    def standing(self) -> set[str]:
        """Pictures that stood below `images/`."""
        return {sha256 for sha256 in self.images if self.folders(sha256)}


@dataclass(frozen=True, slots=True)
class Signature:
    """Who looks, and when."""

    at: str
    """ISO 8601, UTC."""
    who: str
    """The person's name."""
    made_of: Mapping[str, str] = field(default_factory=dict)
    """sha256 of an edited copy that has just come in -> sha256 of what it was made of."""

    def why(self, sha256: str, before: Folders, after: Folders, new: bool) -> str:
        """In one line, what the person did."""
        if new:
            made_of = self.made_of.get(sha256)
            return f"put in by hand, edited from {made_of[:8]}" if made_of else "put in by hand"
        if not after:
            edited = next((new for new, old in self.made_of.items() if old == sha256), None)
            return f"replaced by the edited copy {edited[:8]}" if edited else "removed by hand"
        if not before:
            return "put back by hand"
        return "copied by hand" if before < after else "moved by hand"


def read_moves(
    catalog: Catalog, before: Before, now: Mapping[str, Folders], signature: Signature
) -> list[Decision]:
    """A decision for each picture that stands elsewhere than it was left, by sha256.

    `now`: folders in which each picture stands; without those that are to be passed over.
    """
    provenance: Mapping[str, Sequence[Seen]] | None = None
    moves = []
    for sha256, stored in before.images.items():
        if sha256 not in now:
            continue
        was, after = before.folders(sha256), now[sha256]
        if was is None:
            # Harvest was stopped before it noted the place: not a person's doing, unless the
            # picture stands where harvest would not have put it.
            if provenance is None:  # read for those few alone: it takes its time
                provenance = read_provenance(catalog)
            if after <= {home_of(stored, provenance.get(sha256, ()))}:
                continue
            was = _NOWHERE
        if after != was:
            moves.append(_decision(before, stored, was, after, signature))
    return moves


def _decision(
    known: Before, stored: Stored, was: Folders, after: Folders, signature: Signature
) -> Decision:
    sha256, at = stored.image.sha256, signature.at
    # Harvest moves what stands where it put it when it learns of another label.
    if (
        stored.placed_as is not None
        and sha256 in known.placed
        and known.placed[sha256] != stored.placed_as
        and after == {folder_of(stored.placed_as)}
    ):
        why = "placed anew by harvest"
        return Decision(sha256, at, "winnow", "harvest", False, was, after, why)
    new = sha256 in known.put_in and not known.history.get(sha256)
    # Who throws a picture in to be sorted has not judged it.
    hand = not (new and after == {UNSORTED})
    why = signature.why(sha256, was, after, new)
    return Decision(sha256, at, signature.who, "sync", hand, was, after, why)
