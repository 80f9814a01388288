"""One picture, post or account has one mark, however it is written."""

from __future__ import annotations

import pytest

from harvest.ledger.records import Sighting
from harvest.ledger.targets import parse_target
from harvest.store.marks import (
    account_mark,
    accounts_of,
    address_mark,
    canonical,
    marks_of,
    own_marks,
    post_mark,
    target_mark,
)

SAME = [
    (
        "http://pbs.twimg.com/media/AbC-d_1.jpg",
        "https://pbs.twimg.com/media/AbC-d_1?format=jpg&name=orig",
        "https://pbs.twimg.com/media/AbC-d_1.jpg:large",
    ),
    (
        "https://x.com/islieb/status/12",
        "https://mobile.twitter.com/IsLieb/status/12/photo/2",
        "http://twitter.com/i/web/status/12?s=20",
    ),
    (
        "https://inkblog.tumblr.com/post/12/a-comic",
        "https://www.tumblr.com/inkblog/12/a-comic",
        "https://www.tumblr.com/blog/view/inkblog/12",
        "http://inkblog.tumblr.com/image/12",
    ),
    (
        "https://bsky.app/profile/Ink.bsky.social/post/3k",
        "https://www.bsky.app/profile/ink.bsky.social/post/3k/",
    ),
    ("https://a.example/1.jpg?x=1", "http://www.a.example:80/1.jpg?x=1"),
]


@pytest.mark.parametrize("urls", SAME)
def test_one_thing_has_one_address(urls: tuple[str, ...]) -> None:
    """Scheme, size, host's alias and the page's form make no difference."""
    assert len({canonical(url) for url in urls}) == 1


def test_other_things_have_others() -> None:
    """What differs in path, query or port is something else."""
    urls = [same[0] for same in SAME]
    urls += ["https://a.example/1.jpg", "https://a.example:8080/1.jpg?x=1", "no address", ""]

    assert len({canonical(url) for url in urls}) == len(urls)
    assert address_mark(urls[0]) != post_mark(urls[0])


@pytest.mark.parametrize(
    ("sighting", "wish"),
    [
        (Sighting("twitter", "1", 0, "", author="IsLieb"), "twitter:@islieb"),
        (Sighting("tumblr", "1", 0, "", author="inkblog"), "tumblr:inkblog/"),
        (Sighting("bluesky", "1", 0, "", author="ink.bsky.social"), "bluesky:@Ink.bsky.social"),
        (Sighting("mastodon", "1", 0, "", author="ink@a.example"), "mastodon:a.example/@ink"),
        (
            Sighting("mastodon", "1", 0, "", post_url="https://a.example/@ink/12"),
            "mastodon:a.example/@ink",
        ),
        (
            Sighting("folder", "1", 0, "", post_url="https://x.com/islieb/status/1"),
            "twitter:islieb",
        ),
        (
            Sighting("folder", "1", 0, "", post_url="https://inkblog.tumblr.com/post/1"),
            "tumblr:inkblog/",
        ),
    ],
)
def test_accounts(sighting: Sighting, wish: str) -> None:
    """An account is known by its author's name, and by the post's address, in any case."""
    assert target_mark(parse_target(wish)) in marks_of(sighting)


def test_what_is_no_account() -> None:
    """Tags, feeds and names without an instance are nobody's; neither is a folder's author."""
    assert target_mark(parse_target("tumblr:webcomic")) is None
    assert target_mark(parse_target("bluesky:#art")) is None
    assert account_mark("mastodon", "ink") is None
    assert accounts_of(Sighting("folder", "1", 0, "", author="islieb")) == set()


def test_own_marks_are_of_one_picture() -> None:
    """They say nothing of the post's other pictures, nor of the account."""
    one = Sighting(
        "twitter",
        "1",
        0,
        "https://a.example/1.jpg",
        author="a",
        post_url="https://x.com/a/status/1",
    )

    assert {kind for kind, _ in own_marks(one)} == {"sighting", "address"}
    assert {kind for kind, _ in marks_of(one)} == {"sighting", "address", "post", "account"}
