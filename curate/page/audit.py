"""The hidden sample: which pictures are looked at a second time, blind, and what that tells.

Whether a picture is in it hangs on a seed and its sha256 alone, never on what the model or the
person holds of it; it takes the ordinary way as well, and the model never learns from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from functools import lru_cache

from curate.page.certificate import fewest_wrong, most_wrong
from curate.page.figures import Estimate

_SHARE = 20  # of so many pictures one is looked at twice, up to the size of the sample
_FEWEST = 20  # looks; from fewer only an interval is told

_cached_most = lru_cache(maxsize=64)(most_wrong)  # of hundreds of looks, asked at every answer
_cached_fewest = lru_cache(maxsize=64)(fewest_wrong)


def drawn(pictures: Collection[str], count: int, seed: int, purpose: str) -> list[str]:
    """A uniform sample of pictures (sha256) in random order, the same for the same seed.

    `purpose` parts samples that are drawn for different ends.
    """
    return sorted(pictures, key=lambda sha256: _rank(sha256, seed, purpose))[:count]


def hidden_sample(pictures: Collection[str], most: int, seed: int) -> list[str]:
    """The sample among all pictures of a sitting: one in 20, at most `most`."""
    return drawn(pictures, min(most, -(-len(pictures) // _SHARE)), seed, "audit")


def estimate(agreed: Iterable[bool], members: int, sure: float) -> Estimate:
    """What looks say of `members` labels: whether each agreed with the label."""
    every = list(agreed)
    looks, wrong = len(every), every.count(False)
    if not looks or members < looks:
        return Estimate(0, 0, None, 0.0, 1.0, None, float(members), sure)
    risk = (1 - sure) / 2
    most = _cached_most(members, looks, wrong, risk)
    fewest = _cached_fewest(members, looks, wrong, risk)
    share = wrong / looks if looks >= _FEWEST else None
    return Estimate(
        looks,
        wrong,
        None if share is None else 1 - share,
        1 - most / members,
        1 - fewest / members,
        None if share is None else share * members,
        float(most),
        sure,
    )


def _rank(sha256: str, seed: int, purpose: str) -> bytes:
    return hashlib.sha256(f"{purpose} {seed} {sha256}".encode()).digest()
