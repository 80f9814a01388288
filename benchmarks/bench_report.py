"""How winnow's report behaves in a browser: first paint, frames while scrolling, themes, widths.

    python benchmarks/bench_report.py --json
    python benchmarks/bench_report.py --dataset datasets/comics --screenshots looked_at

Draws pictures, takes them in, checks them and opens the report in a headless Chromium. Prints a
table and, with --json, one JSON object as the last line on stdout; progress goes to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from browser import Tab, browsing, find_browser
from curate_pictures import Kind, draw_folder

_PICTURES = Kind("report", (320, 256), 80, 80)
_FRAMES = 900
_PAINT = """new Promise(done => { const look = () => {
  const found = performance.getEntriesByName('first-contentful-paint')[0];
  found ? done(found.startTime) : requestAnimationFrame(look) }; look() })"""
_LOAD = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_SCROLL = """new Promise(done => {
  const frames = []; let last = performance.now(), count = 0;
  const step = now => {
    frames.push(now - last); last = now; count += 1;
    MOVE;
    count < FRAMES ? requestAnimationFrame(step) : done(frames.slice(1)) };
  requestAnimationFrame(step) })"""
# 6,000 pixels a second at 60 frames: a wheel that is turned without a pause.
_WHEEL = "scrollBy(0, 100)"
_SWEEP = "scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * count / FRAMES)"
_THIRD = "scrollTo(0, document.documentElement.scrollHeight / 3)"
_COLOURS = (
    "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
)
_WIDE = "document.documentElement.scrollWidth - innerWidth"


@dataclass
class Opened:
    """One page in the browser."""

    page: str
    """Name of the file."""
    megabytes: float
    """Its size, 10^6 bytes."""
    paint_s: float
    """From the navigation to the first contentful paint."""
    load_s: float
    """From the navigation to the end of the load event."""
    frame_ms: float
    """95th percentile of the time between two frames, scrolled by 100 pixels a frame."""
    worst_frame_ms: float
    """The longest one."""
    sweep_ms: float
    """95th percentile, the whole page pulled through in so many frames."""
    dark: list[str]
    """Background and ink for a reader who prefers dark."""
    light: list[str]
    """The same for one who prefers light."""
    too_wide: int
    """CSS pixels that a window of 320 lacks; 0: nothing scrolls sideways."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--json", action="store_true", help="one JSON object as the last line on stdout")
    add("--pictures", type=int, default=10_000, help="to draw (10000)")
    add("--dataset", type=Path, help="a data set of yours in place of drawn pictures")
    add("--frames", type=int, default=_FRAMES, help="in which a page is scrolled through (900)")
    add("--screenshots", type=Path, metavar="FOLDER", help="save what the browser shows")
    return parser.parse_args()


def main() -> int:
    """Draw, report, open, print."""
    given = arguments()
    program = find_browser()
    if program is None:
        print("no Chromium here: nothing measured", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="winnow-report-") as name:
        home = Path(name)
        dataset = given.dataset or draw_dataset(home, given.pictures)
        pages = [report(dataset, home / "pages" / "report.html")]
        pages.append(report(dataset, home / "whole" / "report.html", "--one-file"))
        seen = asyncio.run(look_at(program, pages, given))
    record = {
        "pictures": pages[0]["pictures"],
        **seen,
        "seconds": {"pages": pages[0]["seconds"], "one_file": pages[1]["seconds"]},
    }
    show(record)
    if given.json:
        print(json.dumps(record))
    return 0


def draw_dataset(home: Path, pictures: int) -> Path:
    """A data set of drawn pictures under two labels, taken in and checked."""
    dataset = home / "dataset"
    tell(f"drawing {pictures} pictures")
    draw_folder(home / "source", _PICTURES, pictures)
    for path in sorted((home / "source").iterdir()):
        label = "comic" if int(path.stem) % 2 else "photo"
        goal = home / "source" / label / path.name
        goal.parent.mkdir(exist_ok=True)
        path.rename(goal)
    tell("taking them in, checking them")
    winnow("harvest", "get", f"folder:{home / 'source'}", "--label-from", "folder", "-o", dataset)
    winnow("curate", "check", dataset)
    return dataset


def report(dataset: Path, out: Path, *options: str) -> dict[str, Any]:
    """Write a report; returns what the command says of it, with its seconds."""
    tell(f"writing {out.parent.name}")
    loop = asyncio.new_event_loop()
    begun = loop.time()
    said = winnow("curate", "report", dataset, "-o", out, "--json", *options)
    seconds = round(loop.time() - begun, 2)
    loop.close()
    return json.loads(said) | {"seconds": seconds}


async def look_at(
    program: str, pages: list[dict[str, Any]], given: argparse.Namespace
) -> dict[str, Any]:
    """Open the first page, two contact sheets, the list of names and the one file."""
    parts, whole = pages
    sheets = [Path(one) for one in parts["sheets"]]
    some = [Path(parts["page"]), *sheets[:1], *sheets[1:][-1:], Path(parts["names"])]
    async with browsing(program) as tab:
        opened = []
        for path in [*some, Path(whole["page"])]:
            tell(f"opening {path.parent.name}/{path.name}")
            opened.append(asdict(await measure(tab, path, given)))
        keyboard = await use_keyboard(tab, sheets[0])
        return {
            "opened": opened,
            "keyboard": keyboard,
            "faults": tab.faults,
            "requests": tab.requests,
        }


async def measure(tab: Tab, path: Path, given: argparse.Namespace) -> Opened:
    """Open one page in both themes and two widths."""
    await tab.look(width=1280, height=900, dark=False)
    await tab.open(path)
    paint, load = await tab.run(_PAINT), await tab.run(_LOAD)
    light = await tab.run(_COLOURS)
    name = f"{path.parent.name}-{path.stem}"
    shots = given.screenshots
    await photograph(tab, shots, f"{name}-light")
    await tab.run(_THIRD)
    frames = await tab.run(_scrolling(_WHEEL, given.frames // 2))
    swept = await tab.run(_scrolling(_SWEEP, given.frames))
    await tab.look(width=1280, height=900, dark=True)
    await photograph(tab, shots, f"{name}-dark-end")
    await tab.open(path)
    dark = await tab.run(_COLOURS)
    await photograph(tab, shots, f"{name}-dark")
    await tab.look(width=320, height=700, dark=False)
    wide = await tab.run(_WIDE)
    await photograph(tab, shots, f"{name}-narrow")
    return Opened(
        f"{path.parent.name}/{path.name}",
        round(path.stat().st_size / 1e6, 2),
        round(paint / 1000, 3),
        round(load / 1000, 3),
        round(float(np.percentile(frames, 95)), 1),
        round(max(frames), 1),
        round(float(np.percentile(swept, 95)), 1),
        dark,
        light,
        max(0, int(wide)),
    )


async def use_keyboard(tab: Tab, sheet: Path) -> dict[str, bool]:
    """Skip to the content, then open the first story: the keys Tab and Enter alone."""
    await tab.look(width=1280, height=900, dark=False)
    await tab.open(sheet)
    shown = "document.querySelector('figure p').getBoundingClientRect().height > 20"
    found = {"hidden_before": not await tab.run(shown)}
    await tab.press("Tab")
    await tab.press("Enter")
    found["skipped"] = await tab.run("location.hash") == "#main"
    await tab.press("Tab")
    await tab.press("Enter")
    found["opened"] = bool(await tab.run(shown))
    return found


def _scrolling(move: str, frames: int) -> str:
    return _SCROLL.replace("MOVE", move).replace("FRAMES", str(frames))


async def photograph(tab: Tab, folder: Path | None, name: str) -> None:
    """Save what the window shows, once it stands."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        await tab.run("new Promise(done => setTimeout(done, 400))")
        await tab.photograph(folder / f"{name}.png")


def winnow(*words: object) -> str:
    """Run a command of winnow and return its stdout."""
    line = [sys.executable, "-m", "winnow", *map(str, words)]
    return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout


def tell(line: str) -> None:
    """Progress."""
    print(line, file=sys.stderr)


def show(record: dict[str, Any]) -> None:
    """The table for people."""
    seconds = record["seconds"]
    print(f"{record['pictures']} pictures; written in {seconds['pages']} s,"
          f" as one file in {seconds['one_file']} s")  # fmt: skip
    heads = f"{'paint s':>9}{'load s':>9}{'frame ms':>10}{'worst':>8}{'sweep':>8}"
    print(f"{'page':<28}{'MB':>8}{heads}")
    for one in record["opened"]:
        seconds = f"{one['paint_s']:>9.2f}{one['load_s']:>9.2f}"
        frames = f"{one['frame_ms']:>10.1f}{one['worst_frame_ms']:>8.1f}{one['sweep_ms']:>8.1f}"
        print(f"{one['page']:<28}{one['megabytes']:>8.2f}{seconds}{frames}")
    median = statistics.median(one["frame_ms"] for one in record["opened"])
    print(f"median of the 95th percentiles: {median:.1f} ms; faults: {len(record['faults'])},"
          f" requests to elsewhere: {len(record['requests'])}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
