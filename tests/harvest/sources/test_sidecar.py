"""What gallery-dl writes beside pictures is read, whatever the site, and never trusted."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.sources.sidecar import Told, read_sidecar

TWEET = {
    "category": "twitter",
    "tweet_id": 604341487988576256,
    "author": {"id": 2976459548, "name": "naturepics", "nick": "Nature Pictures"},
    "user": {"name": "another"},
    "date": "2015-05-29 17:40:51",
    "content": "Big Wedeene River, Canada #river",
    "hashtags": ["river"],
    "num": 1,
    "extension": "jpg",
    "filename": "CGMNYZvW0AIVoom",
    "sensitive": False,
}
TUMBLR = {
    "category": "tumblr",
    "id": 123456789,
    "blog_name": "inkblog",
    "blog": {"name": "inkblog", "title": "Ink"},
    "date": "2026-08-15 10:20:30 GMT",
    "tags": ["comic", "#ink"],
    "caption": "<p>one &amp; two</p>",
    "post_url": "https://inkblog.tumblr.com/post/123456789/a-comic",
    "is_nsfw": True,
}
BLUESKY = {
    "category": "bluesky",
    "author": {"did": "did:plc:abc", "handle": "ink.bsky.social", "displayName": "Ink"},
    "post_id": "3kh5rarr3gn2n",
    "date": "2023-12-22 18:58:32",
    "description": "a blue butterfly",
    "hashtags": [],
}
MASTODON = {
    "category": "mastodon.example",
    "id": "103794036899778366",
    "account": {"acct": "ink", "username": "ink"},
    "url": "https://mastodon.example/@ink/103794036899778366",
    "date": "2020-03-10T12:00:00+02:00",
    "media": {"url": "https://files.example/original/a.png", "description": "two panels"},
    "tags": [{"name": "comic"}],
}
BOORU = {
    "category": "booru",
    "id": 7,
    "file_url": "https://cdn.example/7.png",
    "tag_string": "one two",
    "uploader": "somebody",
    "timestamp": 1_600_000_000,
}


def told_of(tmp_path: Path, value: Any) -> Told | None:
    path = tmp_path / "a.jpg.json"
    path.write_text(json.dumps(value))
    return read_sidecar(path)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (
            TWEET,
            Told(
                post_url="https://x.com/naturepics/status/604341487988576256",
                author="naturepics",
                posted_at=datetime(2015, 5, 29, 17, 40, 51, tzinfo=UTC),
                tags=("river",),
                text="Big Wedeene River, Canada #river",
            ),
        ),
        (
            TUMBLR,
            Told(
                post_url="https://inkblog.tumblr.com/post/123456789/a-comic",
                author="inkblog",
                posted_at=datetime(2026, 8, 15, 10, 20, 30, tzinfo=UTC),
                tags=("comic", "ink"),
                text="one & two",
                sensitive=True,
            ),
        ),
        (
            BLUESKY,
            Told(
                post_url="https://bsky.app/profile/ink.bsky.social/post/3kh5rarr3gn2n",
                author="ink.bsky.social",
                posted_at=datetime(2023, 12, 22, 18, 58, 32, tzinfo=UTC),
                alt_text="a blue butterfly",
            ),
        ),
        (
            MASTODON,
            Told(
                url="https://files.example/original/a.png",
                post_url="https://mastodon.example/@ink/103794036899778366",
                author="ink",
                posted_at=datetime(2020, 3, 10, 10, tzinfo=UTC),
                tags=("comic",),
                alt_text="two panels",
            ),
        ),
        (
            BOORU,
            Told(
                url="https://cdn.example/7.png",
                author="somebody",
                posted_at=datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC),
                tags=("one", "two"),
            ),
        ),
    ],
    ids=["twitter", "tumblr", "bluesky", "mastodon", "booru"],
)
def test_each_site(tmp_path: Path, found: Any, wanted: Told) -> None:
    """Post, author, time, tags, addresses and description are read from each site's own keys."""
    assert told_of(tmp_path, found) == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://cdn.example/a.png?x=1", "https://cdn.example/a.png?x=1"),
        ("https://cdn.example/post/1", ""),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd.png", ""),
        ("http://a b/c.png", ""),
        (7, ""),
    ],
)
def test_picture_address(tmp_path: Path, url: object, wanted: str) -> None:
    """`url` is the picture's only where it is a proper address that ends as pictures do."""
    told = told_of(tmp_path, {"url": url})

    assert told is not None
    assert told.url == wanted


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"words"',
        b"{",
        b"\xff\xfe{}",
        b'{"a": ' * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"a": "' + b"x" * 2_000_000 + b'"}',
    ],
    ids=["empty", "list", "null", "text", "torn", "not UTF-8", "deep", "huge number", "too large"],
)
def test_what_cannot_be_read(tmp_path: Path, body: bytes) -> None:
    """A side file that is no JSON object of a bearable size tells nothing, and raises nothing."""
    path = tmp_path / "a.jpg.json"
    path.write_bytes(body)

    assert read_sidecar(path) is None


def test_what_is_no_file(tmp_path: Path) -> None:
    """A pipe blocks nobody, a link leads nowhere, a folder is none."""
    (tmp_path / "secret").write_text(json.dumps(TWEET))
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "link.json").symlink_to(tmp_path / "secret")
    (tmp_path / "folder.json").mkdir()

    assert [read_sidecar(tmp_path / f"{n}.json") for n in ("pipe", "link", "folder", "no")] == [
        None
    ] * 4


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_keys = st.sampled_from(sorted({*TWEET, *TUMBLR, *BLUESKY, *MASTODON, *BOORU, "link", "url"}))


@given(st.dictionaries(_keys, _json))
def test_any_types(tmp_path_factory: pytest.TempPathFactory, found: dict[str, Any]) -> None:
    """Whatever the values are, what is told is of the right types and can be stored."""
    told = told_of(tmp_path_factory.getbasetemp(), found)

    assert told is not None
    assert told.posted_at is None or told.posted_at.tzinfo is not None
    for words in (told.url, told.post_url, told.author, told.alt_text, *told.tags):
        assert words is None or words.encode() is not None


@pytest.mark.parametrize("key", ["url", "file_url", "post_url"])
@pytest.mark.parametrize("who", ["name@", "name:password@", ":password@", "@"])
def test_no_names_or_passwords(tmp_path: Path, key: str, who: str) -> None:
    """An address with a name or a password in it is none: it would be published."""
    ending = "" if key == "post_url" else ".jpg"
    told = told_of(tmp_path, {key: f"https://{who}pictures.example/a{ending}"})

    assert told is not None
    assert (told.url, told.post_url) == ("", None)
