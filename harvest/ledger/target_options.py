"""Which options of a target its source reads: the one table, for settings and command line.

Every source reads `label`, `label_from`, `max_images`, `since` and `until`. Sources of other
packages may read what they like, so nothing is held against theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harvest.ledger.errors import UsageError
from harvest.ledger.records import Target

EVERYWHERE = ("label", "label_from", "max_images", "since", "until")
"""Options that every source reads."""
READ: dict[str, tuple[str, ...]] = {
    "twitter": ("replies", "retweets", "quotes"),
    "tumblr": ("reblogs",),
    "bluesky": ("replies", "quotes", "reblogs"),
    "mastodon": ("replies", "quotes", "reblogs"),
    "folder": (),
}
"""Source -> what it reads beside these. Where it says nothing, posts are taken as in `Target`."""


def check_options(target: Target, given: Iterable[str] = ()) -> None:
    """Refuse options that a target's source does not read, and two that contradict each other.

    `given`: names of options that were written down, whatever their value. Raises UsageError.
    """
    if target.label is not None and target.label_from is not None:
        raise UsageError(
            f"target {target.key}: label {target.label!r} and label_from: {target.label_from}"
            " both say where its label comes from; keep label for one label for all, label_from"
            " for one of each picture's own"
        )
    known = READ.get(target.source)
    if known is None:
        return
    if target.label_from == "folder" and target.source != "folder":
        raise UsageError(
            f"target {target.key}: label_from: folder is for folder targets;"
            f" {target.source} has no sub-folders, take tag or account"
        )
    for name in given:
        if name not in EVERYWHERE and name not in known:
            more = f", {', '.join(known)}" if known else ""
            raise UsageError(
                f"target {target.key}: {target.source} knows no `{name}`; take it out"
                f" ({target.source} knows {', '.join(EVERYWHERE)}{more})"
            )


def narrowing(target: Target) -> Iterator[str]:
    """Name the options by which a target leaves posts out, as they stand in its settings."""
    for name in ("since", "until"):
        moment = getattr(target, name)
        if moment is not None:
            yield f"{name}: {moment:%Y-%m-%d}"
    for name in READ.get(target.source, ()):
        if getattr(target, name) is False or (
            # Unset, Tumblr's reblogs are taken, boosts and reposts are not.
            name == "reblogs" and target.reblogs is None and target.source != "tumblr"
        ):
            yield f"{name}: false"
