"""The labelling page with 20,000 pictures: `winnow curate page` as a process, a headless Chromium.

Measured are the time from the command to the first painted picture, the time from a key to the
next painted picture as the page itself takes it, and the largest memory of the server. Run by
`bench_labelling.py`; needs Selenium (the extra `test`), `chromium` and `chromedriver`.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256 as hash_of
from pathlib import Path
from typing import Any

from labelling_pictures import Truths, gathered
from PIL import Image, ImageDraw

from classify.suggesting.suggester import EmbeddingSuggester
from curate.page.sitting import Sitting
from curate.page.values import PageSettings
from curate.store.schema import open_store
from harvest.ledger.errors import DataError
from harvest.ledger.folder import DatasetFolder

LABELS = ("comic", "no_comic")
_COUNT, _FEW = 20_000, 200
_STARTS = 3
_SINGLES, _PAGES = 200, 8  # answered one by one, and pages confirmed
_LOOK_MS = 260
_SIZE = (256, 192)
_PATIENCE_S = 1800.0


@dataclass(frozen=True, slots=True)
class Served:
    """What was measured in the browser."""

    first_page_seconds_20000: float
    """From the command to the first picture painted in a browser that runs; median."""
    first_page_server_seconds: float
    """Of it, until the server says its address; median."""
    server_peak_mb_20000: float
    """Largest resident memory of the server and its children, MB; mapped files count."""
    key_to_picture_ms: float
    """Median, from the key to the frame that holds the next picture."""
    key_to_picture_p95_ms: float
    """The same, at 95 of 100."""
    singles: int
    """Pictures answered one by one."""
    pages: int
    """Pages confirmed."""


def measure_in_browser(kept: Path, *, quick: bool = False) -> Served | None:
    """Measure with 20,000 drawn pictures (200 if `quick`); None: no browser or no Selenium.

    `kept`: where drawn pictures and their embeddings are kept. Raises DataError.
    """
    driver = _browser()
    if driver is None:
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="winnow-bench-") as place:
            pictures = _drawn(kept / "page", _FEW if quick else _COUNT)
            folder = gathered(pictures, Path(place))
            with _remembering(kept / "page-cache"):
                _embed(folder, len(pictures.files))
                starts = [_started(driver, folder) for _ in range(_STARTS + 1)][1:]
                return _sorted(driver, folder, pictures.truth, starts)
    finally:
        driver.quit()


def _browser() -> Any:
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        return None
    if not (program and driver):
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(word)
    options.add_argument("--window-size=1400,900")
    return webdriver.Chrome(options=options, service=Service(driver))


def _drawn(root: Path, count: int) -> Truths:
    """Small pictures in a third of a millisecond each: panels with discs, and blurred colours."""
    files, truth = {}, {}
    root.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        label = LABELS[number % 3 == 0]
        file = root / f"{number:05d}.jpg"
        if not file.exists():
            part = file.with_suffix(".part")
            _draw(random.Random(number), label).save(part, "JPEG", quality=80)
            part.replace(file)
        sha256 = hash_of(file.read_bytes()).hexdigest()
        files[sha256], truth[sha256] = file, label
    return Truths("page", LABELS, files, truth)


def _draw(rng: random.Random, label: str) -> Image.Image:
    if label != LABELS[0]:
        coarse = Image.frombytes("RGB", (8, 6), rng.randbytes(144))
        return coarse.resize(_SIZE, Image.Resampling.BICUBIC)
    picture = Image.new("RGB", _SIZE, "white")
    pen = ImageDraw.Draw(picture)
    for number in range(4):
        x, y = 124 * (number % 2) + 6, 90 * (number // 2) + 6
        paper = tuple(rng.randrange(120, 256) for _ in range(3))
        pen.rectangle((x, y, x + 116, y + 82), fill=paper, outline="black", width=3)
        left, top, r = x + rng.randrange(20, 76), y + rng.randrange(16, 40), rng.randrange(6, 20)
        disc = tuple(rng.randrange(256) for _ in range(3))
        pen.ellipse((left, top, left + 2 * r, top + 2 * r), fill=disc, outline="black", width=2)
    return picture


@contextmanager
def _remembering(cache: Path) -> Iterator[None]:
    """Keep embeddings in a folder of the benchmark's own, here and in the server."""
    before = os.environ.get("WINNOW_CACHE")
    os.environ["WINNOW_CACHE"] = str(cache)
    try:
        yield
    finally:
        os.environ.pop("WINNOW_CACHE")
        if before is not None:
            os.environ["WINNOW_CACHE"] = before


def _embed(folder: DatasetFolder, count: int) -> None:
    suggester, began = EmbeddingSuggester(), time.monotonic()
    with folder.lock("benchmark"), open_store(folder) as catalog:
        settings = PageSettings(LABELS)
        sitting = Sitting(folder, catalog, settings, suggester, time.time, "bench")
        try:
            while suggester.ready() < count:
                if time.monotonic() - began > _PATIENCE_S:
                    raise DataError(f"{suggester.ready()} of {count} pictures embedded so far")
                time.sleep(0.1)
        finally:
            sitting.close()


@contextmanager
def _serving(folder: DatasetFolder) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a person gives it; the process and the address that it prints."""
    line = [sys.executable, "-m", "winnow", "curate", "page", str(folder.root), "--no-browser"]
    process = subprocess.Popen(
        [*line, "--port", "0", "--labels", ",".join(LABELS)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise DataError("winnow curate page did not start")
        yield process, address
    finally:
        process.terminate()
        process.communicate()


def _started(driver: Any, folder: DatasetFolder) -> tuple[float, float]:
    """Seconds from the command to the first painted picture, and to the address."""
    driver.get("about:blank")
    began = time.time()
    with _serving(folder) as (_, address):
        said = time.time()
        driver.get(address)
        _wait(lambda: driver.execute_script("return document.body.dataset.painted"))
        painted = driver.execute_script(
            "return performance.timeOrigin + Number(document.body.dataset.since)"
        )
    return painted / 1000 - began, said - began


def _sorted(
    driver: Any, folder: DatasetFolder, truth: dict[str, str], starts: list[tuple[float, float]]
) -> Served:
    """Sort some hundred pictures by keys, and pages as the model brings them."""
    singles = pages = 0
    with _serving(folder) as (process, address):
        driver.get(address)
        while singles < _SINGLES:
            mode, now = _wait(lambda: driver.execute_script(_NOW))
            if mode == "grid":
                driver.execute_script(_MARK, [s for s, label in truth.items() if label != now])
                pages += 1
                if pages == _PAGES:  # enough of them: the others one by one
                    driver.execute_script("document.getElementById('to-single').click()")
            elif mode == "single":
                _press(driver, "f" if truth[now] == LABELS[0] else "j")
                singles += 1
            else:
                break
        _wait(lambda: driver.execute_script("return document.body.dataset.unsent === '0'"))
        peak = sum(_peak_mb(pid) for pid in _family(process.pid))
        took = sorted(driver.execute_script(_TOOK))
    if not took:
        raise DataError("the page told no time from a key to a picture")
    firsts, servers = zip(*starts, strict=True)
    return Served(
        round(statistics.median(firsts), 2), round(statistics.median(servers), 2), round(peak, 1),
        round(statistics.median(took), 1), round(took[int(0.95 * (len(took) - 1))], 1),
        singles, pages,
    )  # fmt: skip


# What is in view and may be answered: a picture that was looked at, a page, or a last word.
_NOW = f"""
const {{mode, painted, since, picture, page, told}} = document.body.dataset;
if (mode === "single" && painted && painted !== told && performance.now() - since > {_LOOK_MS}) {{
  document.body.dataset.told = painted;
  return ["single", picture];
}}
if (mode === "message") return ["message", ""];
const may = document.querySelector("#confirm[aria-disabled=false]");
if (document.getElementById("missed").open) document.getElementById("missed").close();
if (mode !== "grid" || !may || !page || page === told) return null;
document.body.dataset.told = page;
return ["grid", document.querySelector("#grid-title b").textContent];
"""
_MARK = """
const wrong = new Set(arguments[0]);
for (const tile of document.querySelectorAll(".tile")) {
  if (wrong.has(tile.dataset.sha256)) tile.click();
}
document.getElementById("confirm")?.click();
"""
_TOOK = "return performance.getEntriesByName('key-to-picture').map((each) => each.duration)"


def _press(driver: Any, key: str) -> None:
    for kind in ("keyDown", "keyUp"):
        said = {"type": kind, "key": key, "code": f"Key{key.upper()}", "text": key}
        driver.execute_cdp_cmd("Input.dispatchKeyEvent", said)


def _wait(look: Callable[[], Any]) -> Any:
    until = time.monotonic() + 60
    while not (found := look()):
        if time.monotonic() > until:
            raise DataError("the page shows nothing to answer")
        time.sleep(0.005)
    return found


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(each for child in below for each in _family(int(child)))]


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    kib = next(line for line in lines if line.startswith("VmHWM:")).split()[1]
    return int(kib) * 1024 / 1e6


if __name__ == "__main__":
    found = measure_in_browser(Path(sys.argv[1]), quick="--quick" in sys.argv)
    print(asdict(found) if found else "no browser here")
