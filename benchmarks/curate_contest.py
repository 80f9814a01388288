"""One contestant over one folder of pictures, in a process of its own.

    python curate_contest.py winnow-facts FOLDER WARM RESULT --processes 2

Writes one JSON object to RESULT: how long the pictures took, and every hash, to be compared.
Before the clock starts, the few pictures of WARM are worked through by everyone, so that what a
library imports or loads at the first picture counts as start-up.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import cast

from curate_contestants import CONTESTANTS


def main() -> int:
    """Run one contestant; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("warm", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):  # peers' own reports
        work, end = CONTESTANTS[given.contestant](given.processes, given.warm)
        ready, busy = time.perf_counter(), _cpu()
        found = work(given.folder)
        seconds = time.perf_counter() - ready
        end()
    # Where workers are at work their start would count as well, or their work not at all.
    told = given.processes == 1 and given.contestant != "winnow-check"
    record = {
        "seconds": seconds,
        "cpu_s": _cpu() - busy if told else None,
        "pictures": len(found),
        "hashes": found,
    }
    given.result.write_text(json.dumps(record), encoding="utf-8")
    return 0


def _cpu() -> float:
    """CPU seconds of this process, and of those that it waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return cast(float, sum(used.ru_utime + used.ru_stime for used in both))


if __name__ == "__main__":
    sys.exit(main())
