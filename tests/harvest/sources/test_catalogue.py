"""The list of sources: found by name, cheap to import, each example proven."""

import subprocess
import sys
from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.lists.given import GivenList
from harvest.ledger.records import Target, Walk
from harvest.ledger.settings import DEFAULT_CREDENTIALS, parse_target
from harvest.ledger.targets import SOURCE_WORDS
from harvest.sources.catalogue import SOURCES, source_named
from harvest.sources.protocol import Source
from harvest.sources.urllist import UrlList


def test_sources_are_found_by_name() -> None:
    """Names are unique, lead to their source, and are the words that settings know."""
    names = [source.name for source in SOURCES]

    assert len(set(names)) == len(names)
    assert [source_named(name) for name in names] == list(SOURCES)
    assert set(SOURCE_WORDS) < set(names)
    assert set(DEFAULT_CREDENTIALS) < set(names)


def test_an_unknown_source_names_the_known_ones() -> None:
    """The message lists the words that would do."""
    with pytest.raises(UsageError, match="'mysppace': wanted one of twitter, tumblr, "):
        source_named("mysppace")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
async def test_each_example_works(
    access, walk_through, monkeypatch, tmp_path: Path, source: type[Source]
) -> None:
    """What the source shows as its example brings pictures from the sandbox."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG")
    (tmp_path / "urls_comic.log").write_text("http://example.org/a.jpg\n")
    word, _, name = source.example.partition(":")
    opened = source.open(access)
    target = Target(word, name) if source is UrlList else parse_target(source.example)
    if source is UrlList:
        opened = UrlList({name: [GivenList(tmp_path / "urls_comic.log")]})
    pages = await walk_through(opened, target, Walk())
    found = [one for page in pages for one in page.sightings]

    assert word == source.name
    assert found
    assert all(one.source == source.name for one in found)
    assert pages[-1].cursor is None


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_origins_are_origins(source: type[Source]) -> None:
    """Scheme and host, no path: what `--sandbox` can map."""
    for origin in source.origins:
        scheme, _, host = origin.partition("://")

        assert scheme in ("http", "https")
        assert host.replace(".", "").replace("-", "").isalnum()


def test_importing_the_catalogue_imports_no_client() -> None:
    """tweepy, pytumblr, requests and aiohttp wait until something is asked."""
    code = (
        "import sys, harvest.sources.catalogue\n"
        "print([m for m in ('tweepy', 'pytumblr', 'requests', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
