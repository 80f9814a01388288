"""Pasted addresses: each form of the four sites becomes its target; all else is told in a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.ledger.addresses import spell
from harvest.ledger.errors import UsageError
from harvest.ledger.targets import parse_target, parse_word

DID = "did:plc:z72i7hdynmk6r22z27h6tvur"
FEED = f"at://{DID}/app.bsky.feed.generator/whats-hot"


@pytest.mark.parametrize(
    ("pasted", "target"),
    [
        ("https://x.com/islieb", "twitter:islieb"),
        ("http://www.twitter.com/islieb/", "twitter:islieb"),
        ("HTTPS://X.COM/IslieB?s=20&t=abc#top", "twitter:IslieB"),
        ("mobile.twitter.com/islieb/media", "twitter:islieb"),
        ("x.com/@islieb", "twitter:islieb"),
        ("https://x.com:443/islieb/with_replies", "twitter:islieb"),
        ("https://bsky.app/profile/bsky.app", "bluesky:bsky.app"),
        ("bsky.app/profile/name.bsky.social/", "bluesky:name.bsky.social"),
        (f"https://bsky.app/profile/{DID}?x=1", f"bluesky:{DID}"),
        (f"https://bsky.app/profile/{DID}/feed/whats-hot", f"bluesky:{FEED}"),
        ("https://bsky.app/hashtag/web%C3%A4rt", "bluesky:#webärt"),
        ("https://islieb.tumblr.com/", "tumblr:islieb/"),
        ("islieb.tumblr.com", "tumblr:islieb/"),
        ("https://www.islieb.tumblr.com/archive", "tumblr:islieb/"),
        ("https://islieb.tumblr.com/tagged/web%20comic", "tumblr:islieb/web comic"),
        ("https://www.tumblr.com/islieb?source=share", "tumblr:islieb/"),
        ("https://tumblr.com/@islieb", "tumblr:islieb/"),
        ("https://www.tumblr.com/blog/view/islieb", "tumblr:islieb/"),
        ("https://www.tumblr.com/blog/islieb", "tumblr:islieb/"),
        ("https://www.tumblr.com/dashboard/blog/islieb", "tumblr:islieb/"),
        ("https://www.tumblr.com/islieb/tagged/comic", "tumblr:islieb/comic"),
        ("https://www.tumblr.com/tagged/web+comic?sort=recent", "tumblr:web comic"),
        ("https://mastodon.example/@mara", "mastodon:mastodon.example/@mara"),
        ("https://mastodon.example/@mara/media", "mastodon:mastodon.example/@mara"),
        ("mastodon.example/@mara@else.example/", "mastodon:mastodon.example/@mara@else.example"),
        ("https://mastodon.example:8443/web/@mara", "mastodon:mastodon.example:8443/@mara"),
        ("https://mastodon.example/users/mara", "mastodon:mastodon.example/@mara"),
        ("https://mastodon.example/tags/Comic?x", "mastodon:mastodon.example/#comic"),
        ("@mara@mastodon.example", "mastodon:mastodon.example/@mara"),
        (" @mara@mastodon.example ", "mastodon:mastodon.example/@mara"),
    ],
)
def test_what_a_browser_shows_is_a_target(pasted: str, target: str) -> None:
    """With or without scheme, www, slash and query; the key is the one that is written by hand."""
    assert parse_word(pasted).key == target
    assert parse_target(pasted) == parse_target(target)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://x.com/islieb/status/1234567890",
        "https://x.com/hashtag/comic",
        "https://x.com/home",
        "https://x.com/",
        "https://x.com/i/lists/1",
        "https://pbs.twimg.com/media/a.jpg",
        "https://bsky.app/profile/bsky.app/post/3k",
        "https://bsky.app/profile/name.bsky.social/feed/whats-hot",
        "https://bsky.app/settings",
        "name.bsky.social",
        "https://www.tumblr.com/dashboard",
        "https://www.tumblr.com/islieb/123456/a-post",
        "https://islieb.tumblr.com/post/123456",
        "https://64.media.tumblr.com/a/b.jpg",
        "https://api.tumblr.com/v2/tagged",
        "https://mastodon.example/@mara/112233",
        "https://mastodon.example/about",
        "https://www.youtube.com/@somebody",
        "https://threads.net/@somebody",
        "https://user:word@x.com/islieb",
        "https://example.com/picture.jpg",
        "https://[::1/@a",
        "https://x.com:99999/islieb",
        "https://",
        "https://mastodon.example/tags/%0a",
        "https://www.tumblr.com/tagged/a%2Fb",
    ],
)
def test_other_addresses_are_told_in_one_line(pasted: str) -> None:
    """Posts, pictures, pages of the sites themselves, other sites: value and what was wanted."""
    with pytest.raises(UsageError, match="an address that no target can be made of") as caught:
        parse_word(pasted)

    assert pasted in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["islieb", "@islieb", "twitter:islieb", "tumblr:web comic", "tumblr:my.blog.example/tag",
     "mastodon:mastodon.example/@mara", f"bluesky:{FEED}", "folder:../x", "folder:a.b/c", ""],
)  # fmt: skip
def test_what_is_no_address_stays(text: str) -> None:
    """Names and targets are left as they are."""
    assert spell(text) == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("twitter:https://x.com/islieb", "twitter:islieb"),
        ("tumblr:https://islieb.tumblr.com", "tumblr:islieb/"),
        ("mastodon:@mara@mastodon.example", "mastodon:mastodon.example/@mara"),
        ("bluesky:@mia.example", "bluesky:mia.example"),
    ],
)
def test_an_address_after_the_word_of_its_source(text: str, key: str) -> None:
    """As in `twitter: https://x.com/islieb` of the settings."""
    assert parse_target(text).key == key


def test_an_address_of_another_site() -> None:
    """The word and the address contradict each other: what would be right is told."""
    with pytest.raises(UsageError, match="wanted 'tumblr:islieb/'"):
        parse_target("twitter:https://islieb.tumblr.com/")


@given(st.text(max_size=40), st.sampled_from(["", "https://", "https://x.com/", "a.tumblr.com/"]))
def test_no_text_does_harm(text: str, before: str) -> None:
    """A word that can be shown, or a UsageError in one line; nothing else, whatever is pasted."""
    try:
        spelt = spell(before + text)
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert spelt == before + text or spelt.isprintable()
