from __future__ import annotations

from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.lists.given import GivenList
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sources.urllist import UrlList, url_key

LINE = "http://pbs.twimg.com/media/C-03yyhW0AAZOaK.jpg"
TARGET = Target("urls", "comic", label="comic")


async def pages_of(log: Path, *, best_size: bool = False, walk: Walk | None = None) -> list[Page]:
    source = UrlList({"comic": [GivenList(log)]}, best_size=best_size)
    return [page async for page in source.pages(TARGET, walk or Walk())]


async def sightings_of(log: Path, **options: bool) -> list[Sighting]:
    return [s for page in await pages_of(log, **options) for s in page.sightings]


async def test_lines_verbatim(tmp_path: Path) -> None:
    """Each line is one sighting, its address as it stands, its key the line's own."""
    log = tmp_path / "urls_comic.log"
    odd = "https://example.com/a,b;c%2Fd?x=1&y=ä#z"
    log.write_bytes(f"\ufeff{LINE}\r\n\r\n# a comment\n{odd}".encode())
    found = await sightings_of(log)

    assert [s.url for s in found] == [LINE, odd]
    assert found[0].key == ("urls", url_key(LINE), 0)
    assert found[0].addresses == (LINE,)


async def test_best_size(tmp_path: Path) -> None:
    """With `best_size` larger sizes come first, on Twitter's CDN and nowhere else."""
    log = tmp_path / "urls_comic.log"
    log.write_text(f"{LINE}\nhttp://example.com/media/C-03yyhW0AAZOaK.jpg\n")
    twitter, other = await sightings_of(log, best_size=True)

    assert twitter.addresses[0].endswith("?format=jpg&name=orig")
    assert LINE in twitter.addresses
    assert twitter.url == LINE
    assert len(other.addresses) == 1


async def test_pages(tmp_path: Path) -> None:
    """A long log comes in pages of a thousand lines, from its beginning whatever the cursor."""
    log = tmp_path / "urls_comic.log"
    log.write_text("".join(f"{LINE}?{n}\n" for n in range(2001)))
    pages = await pages_of(log, walk=Walk("page 1"))

    assert [len(page.sightings) for page in pages] == [1000, 1000, 1]
    assert [page.cursor for page in pages] == ["page 1", "page 2", None]


async def test_bad_lines_are_not_dropped(tmp_path: Path) -> None:
    """A line that is no address stays a line of the report, and can never be asked for."""
    log = tmp_path / "urls_comic.log"
    log.write_bytes(b"file:///etc/passwd\nrelative.jpg\nhttp://a.example/\xff\n")
    with log.open("ab") as stream:
        stream.write(b"http://long.example/" + b"a" * 10_000_000 + b"\n")
    found = await sightings_of(log)

    assert len(found) == 4
    assert all(len(s.url) < 300 for s in found)
    assert " " in found[2].url
    assert " " in found[3].url


async def test_no_such_list() -> None:
    """A target that no list was given for, as a settings file may name one, is one line."""
    with pytest.raises(UsageError, match="no list of this name"):
        [page async for page in UrlList({}).pages(TARGET, Walk())]
