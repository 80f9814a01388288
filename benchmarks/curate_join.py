"""One search for near hashes, in a process of its own: all pairs within a radius.

    python curate_join.py winnow HASHES.npy 8 RESULT --sample 2000

`winnow` is `curate.neighbours`, with the collapsing of equal hashes before it (which is timed for
it alone: it needs that); `numpy` compares every pair, row by row; `faiss` is IndexBinaryFlat's
range search, on one thread as the others.
Writes one JSON object to RESULT. The peak is that of this process after the search, interpreter,
libraries and hashes included; recall is then taken against comparing a sample with everything.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Pairs = tuple[Any, Any]
"""Positions (i, j) of the pairs among the sorted hashes, i < j; two arrays."""


def winnow(hashes: Any, radius: int) -> Pairs:
    """winnow's join."""
    from curate.neighbours import neighbours

    first, second, _ = neighbours(np.unique(hashes), radius)
    return first, second


def brute(hashes: Any, radius: int) -> Pairs:
    """Every pair, a row at a time."""
    first, second = [], []
    for row in range(len(hashes) - 1):
        near = np.flatnonzero(np.bitwise_count(hashes[row + 1 :] ^ hashes[row]) <= radius)
        if len(near):
            first.append(np.full(len(near), row))
            second.append(near + row + 1)
    if not first:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(first), np.concatenate(second)


def faiss(hashes: Any, radius: int) -> Pairs:
    """faiss's exact index; its radius is exclusive, and it gives each pair twice."""
    import faiss as library

    library.omp_set_num_threads(1)
    rows = hashes.view(np.uint8).reshape(-1, 8)
    index = library.IndexBinaryFlat(64)
    index.add(rows)
    limits, _, found = index.range_search(rows, radius + 1)
    asked = np.repeat(np.arange(len(rows)), np.diff(limits.astype(np.int64)))
    once = asked < found
    return asked[once], found[once]


METHODS: dict[str, Callable[[Any, int], Pairs]] = {"winnow": winnow, "numpy": brute, "faiss": faiss}


def main() -> int:
    """Run one search; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("hashes", type=Path)
    parser.add_argument("radius", type=int)
    parser.add_argument("result", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="hashes to compare with all others")
    given = parser.parse_args()
    search = METHODS[given.method]
    hashes = np.load(given.hashes)
    count, words = len(hashes), np.unique(hashes)
    if given.method != "winnow":
        hashes = words
    search(hashes[:500], given.radius)  # what is imported at the first call
    begun, busy = time.perf_counter(), time.process_time()
    first, second = search(hashes, given.radius)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - busy
    record = {
        "seconds": seconds,
        "cpu_s": cpu,
        "peak_mb": _peak() / 1e6,
        "hashes": count,
        "pairs": len(first),
        **_recall(words, given.radius, first, second, given.sample),
    }
    given.result.write_text(json.dumps(record), encoding="utf-8")
    return 0


def _recall(hashes: Any, radius: int, first: Any, second: Any, sample: int) -> dict[str, int]:
    """Pairs that a sample of the hashes has, how many were found, how many found are none."""
    count = len(hashes)
    due = found = wrong = 0
    for row in np.random.default_rng(2).permutation(count)[:sample].tolist():
        near = np.flatnonzero(np.bitwise_count(hashes ^ hashes[row]) <= radius)
        told = np.concatenate([second[first == row], first[second == row]])
        true = near[near != row]
        due += len(true)
        found += len(np.intersect1d(true, told))
        wrong += len(np.setdiff1d(told, true))
    return {"sample": min(sample, count), "due": due, "found": found, "wrong": wrong}


def _peak() -> int:
    """Most bytes that this process held. Linux counts in ru_maxrss what the parent held, too."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    sys.exit(main())
