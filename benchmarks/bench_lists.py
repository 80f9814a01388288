"""Long lists: when the first request comes, how much memory all takes, and what a second run asks.

    python benchmarks/bench_lists.py --json

Every address answers 404 at once, so that the list alone is measured. Prints a table and, with
--json, one JSON object as the last line on stdout. What the figures mean stands in README.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from harvest_processes import run
from harvest_servers import answers
from harvest_tools import environment

_HOST = "pictures.example"
_LABELS = ("comic", "no_comic", "photo")
_LIMIT_S = 7200.0
_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Round:
    """One run over a list; seconds and 10^6 bytes."""

    form: str
    lines: int
    again: bool
    """Whether the list had been asked for before."""
    first_request_s: float | None
    """From the start of the process; None: there was none."""
    wall_s: float
    cpu_s: float
    peak_mb: float
    requests: int
    exit_code: int | None


def rows(lines: int) -> Iterator[tuple[str, str]]:
    """(address, label) of a list, each address once."""
    for number in range(lines):
        yield f"http://{_HOST}/media/{number:012d}.jpg", _LABELS[number % len(_LABELS)]


def write_text(path: Path, lines: int) -> None:
    """A URL log."""
    with path.open("w") as out:
        out.writelines(f"{url}\n" for url, _ in rows(lines))


def write_csv(path: Path, lines: int) -> None:
    """A table as people have it."""
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("url", "label", "caption"))
        writer.writerows((url, label, "a picture, drawn by hand") for url, label in rows(lines))


def write_parquet(path: Path, lines: int) -> None:
    """img2dataset's columns, in row groups of its size."""
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(name, pyarrow.string()) for name in ("url", "label", "status")])
    source = rows(lines)
    with parquet.ParquetWriter(path, schema) as writer:
        while some := list(islice(source, _ROWS)):
            urls, labels = zip(*some, strict=True)
            writer.write_table(
                pyarrow.table([urls, labels, ["success"] * len(some)], schema=schema)
            )


FORMS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "text": ("urls_gone.log", write_text),
    "csv": ("gone.csv", write_csv),
    "parquet": ("gone.parquet", write_parquet),
}


def measure(folder: Path, form: str, lines: int) -> Iterator[Round]:
    """Ask for a list, then once more."""
    name, write = FORMS[form]
    place = folder / form
    place.mkdir()
    write(place / name, lines)
    for again in (False, True):
        with answers(1, 0.0, faults=False) as server:
            port = server.origin.rpartition(":")[2]
            words = [sys.executable, "-m", "winnow", "harvest", "urls", str(place / name)]
            words += ["-o", str(place / "set"), "--allow-private"]
            words += ["--connect-to", f"{_HOST}:80:127.0.0.1:{port}"]
            ran = run(words, folder=place, environment=environment(place), limit=_LIMIT_S)
        first = None if server.first is None else round(server.first - ran.began, 3)
        yield Round(
            form, lines, again, first, round(ran.seconds, 1), round(ran.cpu, 1),
            round(ran.peak / 1e6, 1), server.requests, ran.code,
        )  # fmt: skip


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--lines", type=int, default=1_000_000, help="of each list (1000000)")
    parser.add_argument("--only", choices=FORMS, action="append", help="this form alone")
    return parser.parse_args()


def main() -> int:
    """Run the benchmark; returns the exit code."""
    given = arguments()
    rounds = []
    print("form      again  first request s  wall s  CPU s  peak MB  requests")
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        for form in given.only or FORMS:
            for one in measure(Path(folder), form, given.lines):
                rounds.append(one)
                print(
                    f"{one.form:8}  {one.again!s:5}  {one.first_request_s or '-':>15}"
                    f"  {one.wall_s:6}  {one.cpu_s:5}  {one.peak_mb:7}  {one.requests:8}",
                    flush=True,
                )
    if given.json:
        print(json.dumps({"rounds": [asdict(one) for one in rounds]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
