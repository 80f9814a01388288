"""How many keys a simulated person presses on the labelling page, and how many labels are wrong.

    python benchmarks/bench_labelling.py --json [FOLDER…]

The person drives the page's engine, without a server or a browser, on label folders that are given,
on two artists whose hands are near, and on 7,000 drawn pictures, with several seeds. Then the page
itself is measured in a browser, with 20,000 pictures. Prints a table and, with --json, one JSON
object as the last line on stdout; progress goes to stderr. What the figures mean stands in
README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from curate_runs import tell
from labelling_browser import Served, measure_in_browser
from labelling_person import Habits, Person, one_by_one
from labelling_pictures import (
    Truths,
    gathered,
    labels_in,
    many_hands,
    near_among,
    near_artists,
    read_labelled,
)

from classify.suggesting.suggester import EmbeddingSuggester
from curate.page.sitting import Sitting
from curate.page.suggester import Opinion
from curate.page.values import PageSettings
from curate.store.schema import open_store
from harvest.ledger.errors import WinnowError

_NEAR, _MANY = 1000, 7000
_CARELESS = 0.30
_UNSERVED = "needs chromium, chromedriver and Selenium"
_UNASKED = "--engine-only was given"
_SERVED = ("first_page_seconds_20000", "server_peak_mb_20000", "key_to_picture_ms")
_PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Sat:
    """One sitting."""

    pictures: str
    count: int
    labels: int
    overlooked: float
    seed: int
    keystrokes: int
    """Keys and clicks until nothing was left; the certificate's are not among them."""
    share: float
    """Of the keystrokes that one by one takes."""
    singles: int
    pages: int
    marks: int
    minutes: float
    """At 0.8 s a look, 6 s a page and 1 s a mark."""
    wrong: int
    """Labels in the end, by the folders."""
    wrong_one_by_one: int
    """Of somebody who slips as often and sorts one by one."""
    embedding_seconds: float
    """From the first picture to the last, on all cores; the second sitting remembers them."""
    slowest_refit: float
    """Seconds."""


class Timed(EmbeddingSuggester):
    """Remembers how long its refits took."""

    slowest: float = 0.0

    def learn(self, labels: Mapping[str, str]) -> Opinion | None:
        began = time.perf_counter()
        try:
            return super().learn(labels)
        finally:
            self.slowest = max(self.slowest, time.perf_counter() - began)


def arguments() -> argparse.Namespace:
    """The command line."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    add = parser.add_argument
    add("folders", nargs="*", type=Path, metavar="FOLDER", help="label folders")
    add("--json", action="store_true", help="one JSON object as the last line on stdout")
    add("--quick", action="store_true", help="a few pictures: says little")
    add("--tiles", type=int, default=40, help="of a page (40: a window of 1400 x 900)")
    add("--seeds", type=int, default=3, help="sittings with each set of pictures and errors (3)")
    add("--engine-only", action="store_true", help="without what is measured in a browser")
    add("--drawn", type=Path, default=cache / "winnow" / "benchmark-drawn", metavar="DIR",
        help="where drawn pictures are kept")  # fmt: skip
    return parser.parse_args()


def sit(pictures: Truths, habits: Habits, place: Path) -> Sat:
    """Sort pictures once; `place` is where their data set is made."""
    folder = gathered(pictures, place)
    person = Person(pictures.truth, pictures.labels, habits)
    suggester = Timed()
    with folder.lock("benchmark"), open_store(folder) as catalog:
        began = time.perf_counter()
        settings = PageSettings(pictures.labels, seed=habits.seed)
        sitting = Sitting(folder, catalog, settings, suggester, person.clock, "bench")
        try:
            # The same figures each time: a person would begin meanwhile.
            while suggester.ready() < len(pictures.files) and not _is_late(began):
                time.sleep(0.02)
            embedding = time.perf_counter() - began
            work = person.sort(sitting)
        finally:
            sitting.close()
    found = labels_in(folder)
    wrong = sum(found.get(sha256) != label for sha256, label in pictures.truth.items())
    count = len(pictures.truth)
    return Sat(
        pictures.name, count, len(pictures.labels), habits.overlooked, habits.seed, work.keystrokes,
        round(work.keystrokes / count, 4), work.singles, work.pages, work.marks,
        round(work.seconds / 60, 1), wrong, one_by_one(pictures.truth, pictures.labels, habits),
        round(embedding, 2), round(suggester.slowest, 3),
    )  # fmt: skip


def _is_late(began: float) -> bool:
    """Whether pictures that cannot be embedded are waited for in vain."""
    return time.perf_counter() - began > _PATIENCE_S


def sets(given: argparse.Namespace) -> list[Truths]:
    """All pictures that are sorted, those of the figures last."""
    found = [read_labelled(folder) for folder in given.folders]
    near, many = (60, 120) if given.quick else (_NEAR, _MANY)
    tell(f"drawing {near} and {many} pictures, unless they are in {given.drawn}")
    hands = many_hands(given.drawn, many)
    return [*found, near_artists(given.drawn, near), near_among(hands), hands]


def lines(sittings: list[Sat]) -> list[str]:
    """The table."""
    head = ("pictures", "count", "overlooked", "seed", "keys", "share", "singles", "pages", "marks",
            "minutes", "wrong", "one by one", "refit s")  # fmt: skip
    rows = [
        (s.pictures, s.count, f"{s.overlooked:.0%}", s.seed, s.keystrokes, f"{s.share:.1%}",
         s.singles, s.pages, s.marks, s.minutes, s.wrong, s.wrong_one_by_one, s.slowest_refit)
        for s in sittings
    ]  # fmt: skip
    table = [tuple(str(cell) for cell in row) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table]


def figures(sittings: list[Sat], served: Served | str) -> dict[str, Any]:
    """What the goals speak of: the last set, the worst of its seeds.

    `served`: what a browser told, or why there is none.
    """
    last = [s for s in sittings if s.pictures == sittings[-1].pictures]
    usual = [s for s in last if s.overlooked != _CARELESS]
    careless = [s for s in last if s.overlooked == _CARELESS]
    told = dict.fromkeys(_SERVED) if isinstance(served, str) else asdict(served)
    return {
        "keystroke_share": max(s.share for s in usual),
        "final_label_accuracy": min(map(_accuracy, usual)),
        "keystroke_share_stress": max(s.share for s in careless),
        "final_label_accuracy_stress": min(map(_accuracy, careless)),
        "one_by_one_accuracy": round(
            1 - sum(s.wrong_one_by_one for s in usual) / sum(s.count for s in usual), 5
        ),
        "slowest_refit_seconds": max(s.slowest_refit for s in usual),
        **told,
        "left_out": dict.fromkeys(_SERVED, served) if isinstance(served, str) else {},
    }


def _accuracy(sat: Sat) -> float:
    return round(1 - sat.wrong / sat.count, 5)


def in_browser(given: argparse.Namespace) -> Served | str:
    """What only a browser can tell, or why it cannot."""
    if given.engine_only:
        return _UNASKED
    tell("sorting in a browser")
    return measure_in_browser(given.drawn, quick=given.quick) or _UNSERVED


def main() -> int:
    """Run the benchmark; returns the exit code."""
    given = arguments()
    sittings: list[Sat] = []
    seeds = range(1, max(1, given.seeds) + 1)
    try:
        with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
            os.environ["WINNOW_CACHE"] = str(Path(folder, "own-cache"))
            for pictures in sets(given):
                for overlooked, seed in product((Habits().overlooked, _CARELESS), seeds):
                    habits = Habits(overlooked=overlooked, tiles=given.tiles, seed=seed)
                    sittings.append(sit(pictures, habits, Path(folder, f"{len(sittings)}")))
                    tell(f"{pictures.name}, {overlooked:.0%} overlooked: {sittings[-1].share:.1%}")
        served = in_browser(given)
    except WinnowError as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        tell("stopped")
        return 130
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    print(
        f"{machine}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end"
    )
    print("\n".join(lines(sittings)))
    if given.json:
        print(json.dumps({**figures(sittings, served), "sittings": [asdict(s) for s in sittings]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
