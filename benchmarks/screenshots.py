"""The pictures of `docs/`: a real sitting at the labelling page, and the report, photographed.

The pictures in them are those of `winnow demo`, drawn by this repository, nobody else's. Beside the
benchmarks, for their headless Chromium (`browser.py`); of libraries it takes no other.

    python benchmarks/screenshots.py             the demo first, then the pictures of docs/
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from browser import Tab, browsing, find_browser
from PIL import Image

MOST_BYTES = 150_000
"""Of one picture: they are kept with the code."""

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_WINDOW = (1280, 800)
_LOOK_S = 0.25  # answers sooner than 200 ms are asked again
_MOST_LOOKS = 300
_FIRST = 3  # looks before the first picture is taken, which is a comic: few colours
_PATIENCE_S = 120.0
_COLOURS = (256, 128, 64, 32)  # of a palette, until the file is small


class Failed(Exception):
    """Something that was to be photographed never came."""


@dataclass(frozen=True)
class Sitting:
    """A page that is open in the browser, and the truth."""

    tab: Tab
    """The browser's."""
    truth: dict[str, str]
    """First eight digits of a picture's sha256 -> its label."""
    out: Path
    """Where the pictures go."""

    async def value(self, name: str) -> str:
        """What the page says of itself; empty: nothing."""
        return str(await self.tab.run(f"document.body?.dataset.{name} ?? ''"))

    async def until(self, wanted: Callable[[], Coroutine[Any, Any, bool]], what: str) -> None:
        """Wait. Raises Failed."""
        for _ in range(int(_PATIENCE_S / 0.05)):
            if await wanted():
                return
            await asyncio.sleep(0.05)
        raise Failed(f"{what}: never came")

    async def press(self, key: str, code: str) -> None:
        """One key, down and up."""
        for kind in ("keyDown", "keyUp"):
            await self.tab.ask("Input.dispatchKeyEvent", type=kind, key=key, code=code)

    async def click(self, selector: str) -> None:
        """One element."""
        await self.tab.run(f"document.querySelector({selector!r}).click()")

    async def label(self) -> str:
        """The right one for the picture in view."""
        return self.truth.get((await self.value("picture"))[:8], "")

    async def answer(self) -> None:
        """Label the picture in view, and wait for what comes next."""
        shown = await self.value("painted")
        await asyncio.sleep(_LOOK_S)
        key = "f" if await self.label() == "comic" else "j"
        await self.press(key, f"Key{key.upper()}")

        async def changed() -> bool:
            is_new = await self.value("painted") not in (None, shown)
            return is_new or await self.value("mode") != "single"

        await self.until(changed, "the next picture")

    async def photograph(self, name: str) -> None:
        """Save what is in view as a small PNG."""
        path = self.out / f"{name}.png"
        await asyncio.sleep(0.4)  # what fades has faded
        await self.tab.photograph(path)
        shrink(path)


def shrink(path: Path) -> None:
    """Write a PNG anew with a palette. Raises Failed where it stays too large."""
    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
    for colours in _COLOURS:
        rgb.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return
    raise Failed(f"{path.name}: {path.stat().st_size} bytes; wanted at most {MOST_BYTES}")


async def sort(sitting: Sitting) -> None:
    """Photograph single mode, a page of tiles with its wrong ones marked, and the review list."""

    async def painted() -> bool:
        return bool(await sitting.value("painted"))

    async def paged() -> bool:
        ready = "document.querySelector('#confirm[aria-disabled=false]') !== null"
        return bool(await sitting.value("page")) and bool(await sitting.tab.run(ready))

    async def reviewed() -> bool:
        return bool(await sitting.value("reviewed"))

    await sitting.until(painted, "a picture")
    taken = False
    for number in range(_MOST_LOOKS):
        if await sitting.value("mode") != "single":
            break
        if not taken and number > _FIRST and await sitting.label() == "comic":
            await sitting.photograph("page-single")
            taken = True
        await sitting.answer()
    await sitting.until(paged, "a page of tiles")
    label = await sitting.tab.run("document.querySelector('#grid-title b').textContent")
    tiles = await sitting.tab.run(
        "[...document.querySelectorAll('.tile')].map(n => n.dataset.sha256)"
    )
    for sha256 in tiles:
        if sitting.truth.get(sha256[:8], label) != label:
            await sitting.click(f'.tile[data-sha256="{sha256}"]')
    await sitting.photograph("page-grid")
    await sitting.click("#to-review")
    await sitting.until(reviewed, "the review list")
    pair = (
        "const rows = [...document.querySelectorAll('.row')];"
        "(rows.find(r => r.textContent.startsWith('duplicates')) ?? rows[0])?.click()"
    )
    await sitting.tab.run(f"{{ {pair} }}")
    await asyncio.sleep(1)
    await sitting.photograph("page-review")


@asynccontextmanager
async def serving(dataset: Path) -> AsyncIterator[str]:
    """`winnow curate page` on a data set whose labels are given anew; its address."""
    words = (
        "curate",
        "page",
        str(dataset),
        "--again",
        "--no-browser",
        "--port",
        "0",
        "--as",
        "ada",
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "winnow", *words, "--labels", "comic,no_comic",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().strip()
        if not address.startswith("http"):
            raise Failed("winnow curate page did not start")
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def photograph(program: str, dataset: Path, out: Path) -> None:
    """All pictures of `docs/`. Raises Failed."""
    labelled = [*dataset.glob("images/comic/*"), *dataset.glob("images/no_comic/*")]
    truth = {path.stem.rpartition("_")[2]: path.parent.name for path in labelled}
    async with browsing(program) as tab:
        await tab.look(width=1100, height=1260, dark=False)
        await tab.open(dataset / "reports" / "curate-01.html")
        await asyncio.sleep(1)
        await tab.photograph(out / "demo-report.png")
        shrink(out / "demo-report.png")
        await tab.look(width=_WINDOW[0], height=_WINDOW[1], dark=False)
        async with serving(dataset) as address:
            await tab.ask("Page.navigate", url=address)
            await sort(Sitting(tab, truth, out))


def main() -> int:
    """Run the script; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dataset", type=Path, help="a sorted one with its report; else the demo")
    parser.add_argument("-o", "--out", type=Path, default=_DOCS)
    given = parser.parse_args()
    program = find_browser()
    if program is None:
        print("no browser: install chromium", file=sys.stderr)
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="winnow-docs-") as folder:
            dataset = given.dataset
            if dataset is None:
                line = [sys.executable, "-m", "winnow", "demo", "-o", folder]
                subprocess.run(line, check=True, stdout=sys.stderr)
                dataset = Path(folder, "dataset")
            asyncio.run(photograph(program, dataset, given.out))
    except (Failed, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    for path in sorted(given.out.glob("*.png")):
        print(f"{path.name}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
