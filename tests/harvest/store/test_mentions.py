"""Whatever an answer tells of the forgotten is found in it, however it is tied together."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Page, Target
from harvest.store.forgotten import leave
from harvest.store.marks import Mark, account_mark, address_mark, post_mark
from harvest.store.schema import open_store
from harvest.store.walks import add_page, begin

BOB = Target("twitter", "bob")
X = {
    "data": [
        {"id": "1000001", "author_id": "501", "text": "a drawing of mine"},
        {"id": "1000002", "author_id": "502", "text": "hers: https://x.com/Ada/status/2000001"},
        {"id": "1000003", "author_id": "502", "referenced_tweets": [{"id": "2000001"}]},
    ],
    "includes": {
        "users": [{"id": "501", "username": "bob"}, {"id": "777001", "username": "Ada"}],
        "tweets": [
            {"id": "2000001", "author_id": "777001", "attachments": {"media_keys": ["3_99"]}}
        ],
        "media": [
            {"media_key": "3_99", "url": "https://pbs.twimg.com/media/AdasPic.jpg"},
            {"media_key": "3_11", "url": "https://pbs.twimg.com/media/Other.jpg"},
        ],
    },
}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty one."""
    with open_store(tmp_path / "catalog.sqlite") as opened:
        yield opened


def stored(catalog: Catalog, target: Target, answer: object, *marks: Mark | None) -> Any:
    """What is journaled of an answer without sightings, after these were forgotten."""
    begin(catalog, [target])
    with catalog.transaction() as connection:
        leave(connection, [mark for mark in marks if mark is not None], "")
    add_page(catalog, target, Page((), None, body=json.dumps(answer).encode()))
    (row,) = catalog.connection.execute("SELECT body FROM page").fetchall()
    return json.loads(zlib.decompress(row["body"]))


def test_an_account_on_x(catalog: Catalog) -> None:
    """With an account go its posts, their pictures listed apart, and whoever points to them."""
    left = stored(catalog, BOB, X, account_mark("twitter", "ada"))

    assert left == {
        "data": X["data"][:1],
        "includes": {
            "users": X["includes"]["users"][:1],
            "tweets": [],
            "media": X["includes"]["media"][1:],
        },
    }


def test_a_post_on_x(catalog: Catalog) -> None:
    """A post is known by its id alone; its author and other posts stay."""
    left = stored(catalog, BOB, X, post_mark("https://x.com/i/web/status/2000001"))

    assert [one["id"] for one in left["data"]] == ["1000001"]
    assert len(left["includes"]["users"]) == 2
    assert left["includes"]["media"] == X["includes"]["media"][1:]


@pytest.mark.parametrize(
    ("target", "mark", "gone"),
    [
        (Target("mastodon", "a.example/#ink"), "mastodon:a.example/@ada", {"acct": "ada"}),
        (
            Target("mastodon", "a.example/#ink"),
            "mastodon:b.example/@ada",
            {"acct": "Ada@b.example"},
        ),
        (
            Target("mastodon", "a.example/#ink"),
            "mastodon:b.example/@ada",
            {"content": '<a href="https://b.example/@ada">'},
        ),
        (Target("tumblr", "ink"), "tumblr:ada", {"trail": [{"blog": {"name": "ada"}}]}),
        (Target("bluesky", "bob.example"), "bluesky:ada.example", {"handle": "ada.example"}),
    ],
)
def test_accounts(catalog: Catalog, target: Target, mark: str, gone: dict[str, Any]) -> None:
    """Accounts are found under the names that each site's answers have for them."""
    other = {"id": "1", "acct": "eve", "name": "eve"}
    left = stored(catalog, target, [gone, other], account_mark(*mark.split(":", 1)))

    assert left == [other]


def test_a_picture(catalog: Catalog) -> None:
    """An entry with a forgotten picture's address goes, in whatever size it is listed."""
    url = "https://pbs.twimg.com/media/AdasPic?format=jpg&name=orig"
    left = stored(catalog, BOB, X, address_mark(url))

    assert left["includes"]["media"] == X["includes"]["media"][1:]


@pytest.mark.parametrize("answer", [{"id": {"a": 1}, "username": [1], "uri": {}}, [None, 1.5], "x"])
def test_any_shape(catalog: Catalog, answer: object) -> None:
    """What is not as documented is journaled as it came."""
    left = stored(catalog, BOB, answer, account_mark("twitter", "ada"))

    assert left == answer
