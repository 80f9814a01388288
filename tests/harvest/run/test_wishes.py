"""What people paste is understood as what it names, or refused with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Page, Sighting, Target
from harvest.run.forget import forget
from harvest.store.schema import open_store
from harvest.store.walks import add_page, begin

SHOWN = [
    Sighting("twitter", "10", 0, "https://pbs.twimg.com/media/AbCd.jpg", author="IsLieb"),
    Sighting("tumblr", "20", 0, "https://64.media.tumblr.com/a/b.jpg", author="islieb"),
    Sighting("bluesky", "d/30", 0, "https://cdn.bsky.app/img/x@jpeg", author="ink.bsky.social"),
    Sighting("mastodon", "h-40", 0, "https://files.example/a.png", author="wendy@art.example"),
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """One picture of each site, none downloaded."""
    folder = DatasetFolder.create(tmp_path / "set")
    with open_store(folder.catalog) as catalog:
        for one in SHOWN:
            begin(catalog, [Target(one.source, "x/#x" if one.source == "mastodon" else "x")])
            target = Target(one.source, "x/#x" if one.source == "mastodon" else "x")
            add_page(catalog, target, Page((one,), None))
    return folder.root


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("https://x.com/islieb", "twitter"),
        ("https://mobile.twitter.com/islieb/media?s=20", "twitter"),
        ("https://islieb.tumblr.com/", "tumblr"),
        ("https://www.tumblr.com/islieb", "tumblr"),
        ("https://bsky.app/profile/ink.bsky.social", "bluesky"),
        ("https://art.example/@wendy", "mastodon"),
        ("@wendy@art.example", "mastodon"),
        ("twitter:@islieb", "twitter"),
        ("https://pbs.twimg.com/media/AbCd?format=jpg&name=small", "twitter"),
        ("https://x.com/islieb/status/10", ""),
    ],
)
def test_what_is_understood(dataset: Path, said: str, source: str) -> None:
    """A profile's address is its account's; a picture's and a post's are taken as they are."""
    done = forget(dataset, [said], dry_run=True)

    assert done.sources == ({source: 1} if source else {})
    assert done.absent == ([] if source else [said])


@pytest.mark.parametrize(
    "said",
    [
        "https://x.com/",
        "https://pbs.twimg.com/",
        "https://pictures.example",
        "https://x.com/islieb/status/",
        "https://x.com/islieb/status/abc",
        "https://x.com/hashtag/comic",
        "https://bsky.app/profile/ink.bsky.social/post",
        "https://www.tumblr.com/tagged/comic",
        "https://art.example/tags/comic",
        "twitter:%",
        "twitter:../x",
        "tumblr:../",
        "bluesky:a b",
        "mastodon:art.example/@we%ndy",
    ],
)
def test_what_is_refused(dataset: Path, said: str) -> None:
    """What is neither a picture nor a post nor an account is refused, with what is wanted."""
    with pytest.raises(UsageError) as caught:
        forget(dataset, [said])

    assert "\n" not in str(caught.value)
    assert said.partition(":")[0] in str(caught.value)


def test_many_in_one_pass(dataset: Path) -> None:
    """However many are named, each row is looked at once."""
    told: list[str] = []
    forget(
        dataset, [f"https://x.com/a/status/{n}" for n in range(50)], dry_run=True, tick=told.append
    )

    assert told == ["looked at"] * len(SHOWN)
