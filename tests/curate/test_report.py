"""The report: every picture's story is two links away, whatever names and numbers come in."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from curate import report as report_module
from curate import report_sheets
from curate.report import Layout, report
from curate.run import check
from harvest.ledger.catalog import open_catalog
from harvest.store.schema import HARVEST

EVIL = "<script>alert(1)</script>\" onclick='x' & 'co'"


@dataclass
class Page(HTMLParser):
    """Names and links of one file, and the words of each story."""

    path: Path
    names: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    stories: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._figure = ""
        self.text = self.path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes |= given.keys()
        if given.get("id"):
            self.names.add(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        if tag == "figure":
            self._figure = given.get("id") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure":
            self._figure = ""

    def handle_data(self, data: str) -> None:
        if self._figure:
            self.stories[self._figure] = self.stories.get(self._figure, "") + data


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Where the data set stands once a test has made it, and its hashes; empty before."""
    return tmp_path_factory.mktemp("checked") / "strips", {}


@pytest.fixture
def filled(draw, make, remembered) -> dict[str, str]:
    """A checked data set with one picture of each kind, and accounts with hostile names."""
    root, made = remembered
    if not made:
        made |= fill(draw, make)
        shutil.copytree(make.folder.root, root)
    else:
        shutil.rmtree(make.folder.root)
        shutil.copytree(root, make.folder.root)
    return made


def fill(draw, make) -> dict[str, str]:
    comic = draw.comic(1, (600, 450))
    made = {
        "best": make.add(draw.encode(comic, "PNG"), "comic"),
        "copy": make.add(draw.encode(comic.resize((400, 300)), quality=80), "comic"),
        "tiny": make.add(draw.encode(Image.new("RGB", (20, 20), (9, 99, 200))), "comic"),
        "blank": make.add(draw.encode(Image.new("RGB", (300, 300), (255, 255, 255))), "comic"),
        "dark": make.add(draw.encode(draw.photo(2).point(lambda v: v // 10)), "photo"),
        "torn": make.add(draw.encode(draw.photo(3))[:4000], "photo"),
        "evil": make.add(
            draw.encode(draw.photo(4)), "photo", author=EVIL, url="javascript:alert(1)"
        ),
        "both": make.add(draw.encode(draw.photo(5)), "photo"),
        "unsorted": make.add(draw.encode(draw.photo(6))),
        "removed": make.add(draw.encode(draw.photo(7)), "photo"),
        "kept": make.add(draw.encode(Image.new("RGB", (20, 20), (200, 9, 9))), "photo"),
    }
    twin = make.folder.images / "comic" / "twin.jpg"
    twin.write_bytes(make.path(made["both"]).read_bytes())
    make.path(made["removed"]).unlink()
    make.move(made["kept"], "comic")
    with open_catalog(make.folder.catalog, [HARVEST]) as catalog, catalog.transaction() as sql:
        sql.execute("UPDATE sighting SET tags = ?", (json.dumps(["webcomic", EVIL]),))
        for number, (status, reason) in enumerate([("gone", "http_404")] * 3 + [("failed", EVIL)]):
            row = sql.execute(
                "INSERT INTO sighting(source, post_id, media_index, url, status, reason)"
                " VALUES ('twitter', ?, 7, 'https://x.example', ?, ?)",
                (f"lost{number}", status, reason),
            )
            sql.execute(
                "INSERT INTO seen(target, sighting, position) VALUES (?, ?, ?)",
                (f"twitter:{EVIL}", row.lastrowid, number),
            )
    check(make.folder)
    return made


def pages(*paths: Path) -> dict[str, Page]:
    return {path.name: Page(path) for path in paths}


def dangling(found: dict[str, Page]) -> list[str]:
    """Links within the report that lead nowhere."""
    missing = []
    for name, page in found.items():
        for link in page.links:
            if link.startswith(("https://", "http://")):
                continue
            file, _, anchor = link.partition("#")
            goal = found.get(unquote(file) or name)
            if goal is None or (anchor and anchor not in goal.names):
                missing.append(f"{name}: {link}")
    return missing


def test_every_story_is_two_links_away(make, filled, clock) -> None:
    """The first page leads to sheets and list of names, these to each picture's one story."""
    written = report(make.folder, clock=clock)
    found = pages(*written.paths)
    first = found[written.page.name]
    anchors = {f"p{sha256[:8]}" for sha256 in filled.values()}
    told = [name for page in found.values() for name in page.stories]
    assert written.names is not None
    by_name = {link.partition("#")[2] for link in found[written.names.name].links}

    assert dangling(found) == []
    assert sorted(told) == sorted(anchors)
    assert anchors <= by_name
    assert {link.partition("#")[0] for link in first.links} >= {p.name for p in written.sheets}
    assert written.names.name in first.links
    assert set(written.shelves) == {
        *("conflict", "_rejected/corrupt", "_rejected/too_small", "_rejected/blank"),
        *("_rejected/near_duplicate", "_unsorted", "comic", "photo", "nowhere"),
    }


def test_stories_say_whence_what_and_why(make, filled, clock) -> None:
    """Place, post, account, tags, facts, each score, the keeper, decisions, the whole hash."""
    written = report(make.folder, clock=clock)
    stories = {k: v for page in pages(*written.sheets).values() for k, v in page.stories.items()}
    told = {name: stories[f"p{sha256[:8]}"] for name, sha256 in filled.items()}

    assert all(f"sha256 {filled[name]}" in story for name, story in told.items())
    assert "in the data set as comic, in no build" in told["best"]
    assert f"stands for {filled['copy'][:8]}" in told["best"]
    assert f"{filled['best'][:8]} stands for it" in told["copy"]
    assert re.search(r"set aside near_duplicate [\d.]+: the same picture", told["copy"])
    assert re.search(r"moved .* by winnow: comic → _rejected/near_duplicate", told["copy"])
    assert "600 × 450 png" in told["best"]
    assert "twitter @ada post address; twitter:ada says comic" in told["best"]
    assert f"tags {EVIL}, webcomic" in told["best"]
    assert "passed animated 1, blank" in told["best"]
    assert re.search(r"warned dark [\d.]+: mean luma", told["dark"])
    assert "in the data set as photo" in told["dark"]
    assert "truncated" in told["torn"]
    assert "stands in comic/twin.jpg and photo/" in told["both"]
    assert "not in the data set: unsorted" in told["unsorted"]
    assert "removed by hand" in told["removed"]
    assert "stays, placed by hand: blank, too_small" in told["kept"]


def test_strangers_words_stay_words(make, filled, clock) -> None:
    """Accounts, tags, targets and reasons are text in every page; `javascript:` is no link."""
    written = report(make.folder, clock=clock)
    found = pages(*written.paths)
    links = [link for page in found.values() for link in page.links]

    assert not {"script", "link", "iframe", "form"} & set().union(*(p.tags for p in found.values()))
    assert not [a for page in found.values() for a in page.attributes if a.startswith("on")]
    assert not [link for link in links if link.startswith("javascript")]
    assert sum(page.text.count("&lt;script&gt;") for page in found.values()) > len(filled)
    assert all("default-src 'none'" in page.text for page in found.values())


def test_the_first_page_counts_what_became_of_all(make, filled, clock) -> None:
    """Attrition, checks, warnings, conflicts, accounts, tags, time and sizes are there."""
    text = report(make.folder, clock=clock).page.read_text(encoding="utf-8")
    cells = re.sub(r"<[^>]+>", "|", text)

    assert re.search(r"twitter:&lt;script.*?\|4\|+0\|+3\|+0\|+1\|+0\|", cells)
    assert re.search(r"gone\|+http_404\|+3\|", cells)
    assert re.search(r"too_small\|+too few pixels or bytes\|+2\|+1\|", cells)
    assert "dark, warned of: 1" in cells
    assert "Conflicts: 1" in cells
    assert "Near duplicates: 1 groups" in cells
    assert "Accounts: 2" in cells
    assert "Tags: 2" in cells
    assert ">2024-01: 11</title>" in text
    assert {"overview", "pictures", "leaks", "sizes", "time"} <= Page(
        make.folder.reports / "curate.html"
    ).names


@pytest.mark.parametrize(("tiles", "size"), [(4, 10**9), (10**9, 12_000)])
def test_many_pictures_make_many_files(
    make, filled, clock, monkeypatch, *, tiles: int, size: int
) -> None:
    """A file ends at so many tiles or bytes; links go on from one to the next."""
    monkeypatch.setattr(report_sheets, "MOST_TILES", tiles)
    monkeypatch.setattr(report_sheets, "MOST_BYTES", size)
    written = report(make.folder, clock=clock)
    found = pages(*written.paths)
    told = [name for path in written.sheets for name in found[path.name].stories]

    assert len(written.sheets) >= 3
    assert dangling(found) == []
    assert len(told) == len(set(told)) == len(filled)
    assert all(len(found[path.name].stories) <= tiles for path in written.sheets)
    assert all(path.stat().st_size < size + 15_000 for path in written.sheets)
    assert sum("next sheet" in found[path.name].text for path in written.sheets) == (
        len(written.sheets) - 1
    )


def test_one_file_holds_all(make, filled, clock, tmp_path) -> None:
    """Every link leads to a place within it; nothing else is written beside it."""
    out = tmp_path / "elsewhere" / "all of it.html"
    written = report(make.folder, Layout(out, one_file=True), clock=clock)
    page = Page(out)

    assert written.paths == (out,)
    assert list(out.parent.iterdir()) == [out]
    assert dangling({out.name: page}) == []
    assert len(page.stories) == len(filled)
    assert {link[0] for link in page.links if not link.startswith("http")} == {"#"}


def test_one_file_stays_light(make, filled, clock, monkeypatch) -> None:
    """Thumbnails shrink until all tiles weigh little enough, and no further."""
    weights: list[int] = []
    weigh = report_sheets.Sheets.weigh
    monkeypatch.setattr(
        report_sheets.Sheets, "weigh", lambda self: weights.append(weigh(self)) or weights[-1]
    )

    def widest(limit: int) -> int:
        monkeypatch.setattr(report_module, "_MOST_BYTES", limit)
        page = report(make.folder, Layout(one_file=True), clock=clock).page.read_text()
        return max(int(n) for n in re.findall(r'<img [^>]*width="(\d+)"', page))

    smallest = widest(10)

    assert smallest == 72
    assert weights[0] > weights[1]
    assert (widest(weights[0]), widest(weights[0] - 1), widest(weights[1])) == (128, 96, 96)


def test_former_sheets_go_and_strangers_stay(make, filled, clock, monkeypatch) -> None:
    """A smaller report leaves no sheet of a larger one, and takes nobody else's file."""
    monkeypatch.setattr(report_sheets, "MOST_TILES", 3)
    former = report(make.folder, clock=clock)
    stranger = make.folder.reports / "curate-99.html"
    stranger.write_text("<p>mine</p>")
    monkeypatch.undo()
    written = report(make.folder, clock=clock)

    assert len(former.sheets) > len(written.sheets)
    assert {p.name for p in make.folder.reports.glob("curate*")} == {
        *(path.name for path in written.paths),
        stranger.name,
    }
