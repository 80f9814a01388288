"""Leaks: what two parts of a built data set have in common, counted over the pictures themselves.

Nothing here looks at how the split was made, so a fault in that shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import combinations

from curate.selection import Chosen
from curate.store.opinions import Membership
from harvest.ledger.manifest import SPLITS
from harvest.ledger.progress import number_of

FILE_NAME = "leaks.json"


@dataclass(frozen=True, slots=True)
class Leak:
    """What two parts have in common. Counts alone: no name of anybody stands in them."""

    near_duplicate_pairs: int
    """Pairs of near duplicates or variants with one picture in each part; 0 in every build."""
    same_post_pairs: int
    """Pairs of pictures of one post with one picture in each part; 0 in every build."""
    same_account_pairs: int
    """Pairs of pictures of one account with one picture in each part, counted by account."""
    accounts: int
    """Accounts that have pictures in both parts."""
    accounts_of: int
    """Accounts that have pictures in the part that measures: the second one."""


def find_leaks(
    parts: Mapping[str, str],
    pictures: Iterable[Chosen],
    clusters: Mapping[str, Membership],
) -> dict[str, Leak]:
    """Count what every two parts share, by `train/test` and so on.

    `parts`: sha256 -> part of the pictures of the build.
    """
    built = [picture for picture in pictures if picture.sha256 in parts]
    near = _counted(_spread((m.kin, s) for s, m in clusters.items()).values(), parts)
    # A post may be known by its id and by its address: the same pictures count once.
    by_post = _spread((post, p.sha256) for p in built for post in p.posts).values()
    posts = _counted({frozenset(some) for some in by_post}, parts)
    by_account = _spread((name, p.sha256) for p in built for name in p.accounts).values()
    accounts = _counted(by_account, parts)
    found = {}
    for a, b in combinations(SPLITS, 2):
        found[f"{a}/{b}"] = Leak(
            near_duplicate_pairs=sum(n[a] * n[b] for n in near),
            same_post_pairs=sum(n[a] * n[b] for n in posts),
            same_account_pairs=sum(n[a] * n[b] for n in accounts),
            accounts=sum(bool(n[a] and n[b]) for n in accounts),
            accounts_of=sum(bool(n[b]) for n in accounts),
        )
    return found


def tell(leaks: Mapping[str, Leak]) -> Iterator[str]:
    """Yield the lines for people on what train and test share."""
    leak = leaks["train/test"]
    yield (
        f"train and test share {number_of(leak.near_duplicate_pairs, 'near-duplicate pair')} and"
        f" {number_of(leak.same_post_pairs, 'pair')} of one post"
    )
    if leak.accounts:
        yield (
            f"{leak.accounts} of the {leak.accounts_of} accounts in the test part are trained on"
            f" too ({number_of(leak.same_account_pairs, 'pair')}); `--by account` measures on"
            " unseen ones"
        )
    elif leak.accounts_of:
        yield f"none of the {leak.accounts_of} accounts in the test part is trained on"


def _spread(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, sha256 in pairs:
        found.setdefault(key, set()).add(sha256)
    return found


def _counted(bundles: Iterable[Set[str]], parts: Mapping[str, str]) -> list[Counter[str]]:
    return [Counter(parts[s] for s in some if s in parts) for some in bundles]
