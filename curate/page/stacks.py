"""The items of a sitting: pictures with their duplicates, each of which gets one label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from curate.conflicts import Standing
from curate.page.values import Stack
from curate.scan import is_rejected
from curate.store.opinions import Membership
from harvest.ledger.folder import UNSORTED

JUNK = "_rejected/junk"
"""Folder below `images/` of what a person calls junk."""


@dataclass(frozen=True, slots=True)
class Stacks:
    """All items of a sitting."""

    by_picture: Mapping[str, Stack]
    """sha256 of the picture that is shown -> its stack, by sha256."""
    home: Mapping[str, str]
    """sha256 of every member -> sha256 of the picture that is shown for it."""


def gather(
    standing: Standing,
    clusters: Mapping[str, Membership],
    answered: Set[str],
    *,
    relabel: bool,
) -> Stacks:
    """The stacks to sort: of what waits to be sorted, and of what was `answered` (sha256) before.

    With `relabel` of all that has a label, too. Pictures whose bytes are lost cannot be shown.
    """
    wanted = [s for s in standing.images if _is_wanted(standing, s, answered, relabel=relabel)]
    groups: dict[str, list[str]] = {}
    for sha256 in wanted:
        groups.setdefault(_keeper(clusters, sha256), []).append(sha256)
    every: dict[str, list[str]] = {}
    kin: dict[str, list[str]] = {}
    for sha256, member in clusters.items():
        every.setdefault(member.keeper, []).append(sha256)
        kin.setdefault(member.kin, []).append(sha256)
    stacks = {}
    for keeper, members in groups.items():
        shown = keeper if keeper in members else members[0]
        if shown not in clusters and len(members) == 1:
            stacks[shown] = Stack(shown, (shown,), (), ())
            continue
        twins = every.get(keeper, ())
        related = kin.get(clusters[shown].kin, ()) if shown in clusters else ()
        stacks[shown] = Stack(
            shown,
            (shown, *_without(members, (shown,))),
            tuple(_shown(standing, _without(twins, (shown,)))),
            tuple(_shown(standing, _without(related, (*twins, shown)))),
        )
    home = {member: stack.sha256 for stack in stacks.values() for member in stack.members}
    return Stacks(dict(sorted(stacks.items())), home)


def is_left(standing: Standing, sha256: str) -> bool:
    """Whether a picture waits to be sorted."""
    return UNSORTED in standing.folders(sha256)


def _is_wanted(standing: Standing, sha256: str, answered: Set[str], *, relabel: bool) -> bool:
    folders = standing.folders(sha256)
    if not folders or sha256 in standing.raw.lost:
        return False
    if UNSORTED in folders or sha256 in answered:
        return True
    return relabel and not any(is_rejected(f) for f in folders)


def _keeper(clusters: Mapping[str, Membership], sha256: str) -> str:
    member = clusters.get(sha256)
    return member.keeper if member is not None else sha256


def _without(some: Iterable[str], out: Iterable[str]) -> list[str]:
    gone = set(out)
    return [sha256 for sha256 in some if sha256 not in gone]


def _shown(standing: Standing, some: Iterable[str]) -> list[str]:
    return [s for s in some if s in standing.images and s not in standing.raw.lost]
