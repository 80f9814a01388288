"""Reading Bluesky's answers: the shapes of the documentation read right, mutated ones never raise.

The shapes are written by hand after the lexicons, not made by our own stand-in.
"""

import copy
import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvest.ledger.records import Target
from harvest.sources.bluesky_posts import Batch, Mark, parse_posts, read_mark

DID = "did:plc:abcdefghijklmnopqrstuvwx"
OTHER = "did:plc:zzzzzzzzzzzzzzzzzzzzzzzz"
CDN = f"https://cdn.bsky.app/img/feed_fullsize/plain/{DID}"
TARGET = Target("bluesky", "a.example")


def entry(**changes: object) -> dict[str, object]:
    """A post of two pictures; changes go to the post."""
    names = ("bafkreione", "bafkreitwo")
    post: dict[str, object] = {
        "uri": f"at://{DID}/app.bsky.feed.post/3kaaa",
        "author": {"did": DID, "handle": "a.example", "labels": []},
        "record": {
            "createdAt": "2026-01-02T03:04:05.678Z",
            "text": "#ink #rain",
            "facets": [
                {"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "ink"}]},
                {"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://x"}]},
            ],
            "tags": ["#rain", "ink"],
            "embed": {
                "$type": "app.bsky.embed.images",
                "images": [{"image": {"ref": {"$link": name}}} for name in names],
            },
        },
        "embed": {
            "$type": "app.bsky.embed.images#view",
            "images": [{"fullsize": f"{CDN}/{n}@jpeg", "alt": n[-3:]} for n in names],
        },
        "indexedAt": "2026-01-02T03:04:07.000Z",
        "labels": [],
    }
    return {"post": post | changes}


def read(*entries: object, target: Target = TARGET, stop_at: Mark | None = None) -> Batch:
    return parse_posts(list(entries), target, stop_at, in_order=True)


def test_a_post_is_read() -> None:
    """Everything that is told of a picture, in order, and the original's name."""
    batch = read(entry())
    first, second = batch.pictures

    assert [p.sighting.url for p in batch.pictures] == [
        f"{CDN}/bafkreione@jpeg",
        f"{CDN}/bafkreitwo@jpeg",
    ]
    assert (first.did, first.cid, second.cid) == (DID, "bafkreione", "bafkreitwo")
    assert second.sighting.key == ("bluesky", f"{DID}/3kaaa", 1)
    assert first.sighting.alt_text == "one"
    assert first.sighting.tags == ("ink", "rain")
    assert first.sighting.author == "a.example"
    assert first.sighting.post_url == "https://bsky.app/profile/a.example/post/3kaaa"
    assert first.sighting.posted_at == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert not first.sighting.sensitive
    assert batch.unread == 0


@pytest.mark.parametrize(
    ("embed", "count"),
    [
        ({"$type": "app.bsky.embed.images#view", "images": [{"fullsize": CDN}] * 4}, 4),
        ({"$type": "app.bsky.embed.gallery#view", "items": [{"fullsize": CDN}] * 10}, 10),
        (
            {
                "$type": "app.bsky.embed.recordWithMedia#view",
                "media": {"images": [{"fullsize": CDN}]},
                "record": {"record": {"embeds": [{"images": [{"fullsize": CDN}] * 2}]}},
            },
            1,
        ),
        ({"$type": "app.bsky.embed.record#view", "record": {"images": [{"fullsize": CDN}]}}, 0),
        ({"$type": "app.bsky.embed.video#view", "thumbnail": CDN, "cid": "bafk"}, 0),
        ({"$type": "app.bsky.embed.external#view", "external": {"thumb": CDN}}, 0),
        ({"$type": "app.bsky.embed.tomorrow#view", "things": [{"fullsize": CDN}]}, 0),
        ({"images": {"fullsize": CDN}}, 0),
        ({"images": [{"thumb": CDN}, {"fullsize": "javascript:x"}, 7]}, 0),
        (None, 0),
    ],
)
def test_only_own_pictures_count(embed: object, count: int) -> None:
    """Images and galleries, also beside a quoted post; nothing of the quoted one, no stills."""
    batch = read(entry(embed=embed))

    assert len(batch.pictures) == count
    assert len(batch.uris) == 1


@pytest.mark.parametrize(
    "where",
    [
        {"labels": [{"val": "porn"}]},
        {"author": {"labels": [{"val": "graphic-media"}]}},
        {"record": {"labels": {"values": [{"val": "nudity"}]}}},
    ],
)
def test_labels_make_it_sensitive(where: dict[str, object]) -> None:
    """A labeler's, the author's own, and those of the account; one that is taken back does not."""
    back = json.loads(json.dumps(where).replace('"val"', '"neg": true, "val"'))
    other = json.loads(json.dumps(where).replace('"val": "', '"val": "not-'))
    found = [read(entry(**each)).pictures[0].sighting for each in (where, back, other)]

    assert [one.sensitive for one in found] == [True, False, False]


@pytest.mark.parametrize(
    ("claimed", "indexed", "posted_at"),
    [
        ("2099-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00+00:00"),
        ("1999-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "1999-01-01T00:00:00+00:00"),
        ("2026-01-01T05:00:00+05:00", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00+00:00"),
        ("yesterday", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00+00:00"),
        ("2026-01-01T00:00:00Z", None, "2026-01-01T00:00:00+00:00"),
    ],
)
def test_no_post_is_made_after_it_was_seen(claimed: str, indexed: str, posted_at: str) -> None:
    """`createdAt` is believed up to `indexedAt`."""
    record = {"createdAt": claimed}
    (one, _) = read(entry(record=record, indexedAt=indexed)).pictures

    assert one.sighting.posted_at == datetime.fromisoformat(posted_at)
    assert one.cid is None  # this record names no blobs


def repost(at: str, uri: str | None = f"at://{DID}/app.bsky.feed.repost/3kr") -> dict[str, object]:
    """Somebody's old post, shared at a time."""
    post = entry(uri=f"at://{OTHER}/app.bsky.feed.post/3kold", indexedAt="2020-01-01T00:00:00Z")
    return post | {
        "reason": {"$type": "app.bsky.feed.defs#reasonRepost", "indexedAt": at, "uri": uri}
    }


def test_a_repost_stands_where_it_was_shared() -> None:
    """Its own time and name count for the walk, the original's for the picture."""
    everything = dataclasses.replace(TARGET, reblogs=True)
    batch = read(repost("2026-05-05T00:00:00Z"), entry(), target=everything)

    assert batch.newest == Mark(
        datetime(2026, 5, 5, tzinfo=UTC), f"at://{DID}/app.bsky.feed.repost/3kr"
    )
    assert batch.pictures[0].sighting.post_id == f"{OTHER}/3kold"
    assert batch.pictures[0].did == OTHER
    assert not read(repost("2026-05-05T00:00:00Z")).pictures


def test_one_old_post_ends_nothing() -> None:
    """A pinned or backdated post among new ones is no sign that the rest is known."""
    stop_at = Mark(datetime(2026, 1, 1, tzinfo=UTC), "at://gone")
    old = entry(uri=f"at://{DID}/app.bsky.feed.post/3kold", record={"createdAt": "1999-01-01"})
    pinned = old | {"reason": {"$type": "app.bsky.feed.defs#reasonPin"}}

    assert not read(old, entry(), stop_at=stop_at).reached
    assert not read(entry(), old, stop_at=stop_at).reached
    assert not read(pinned, entry(), stop_at=stop_at).reached
    assert read(old, old, stop_at=stop_at).reached
    assert not read(pinned, stop_at=stop_at).reached
    assert not read(stop_at=stop_at).reached


def test_a_feeds_order_is_its_makers() -> None:
    """Where posts stand in no order, the known one ends nothing and cuts nothing off."""
    known = entry(uri=f"at://{DID}/app.bsky.feed.post/3kknown")
    stop_at = read(known).newest
    listed = [known, entry()]
    in_order = parse_posts(listed, TARGET, stop_at, in_order=True)
    in_none = parse_posts(listed, TARGET, stop_at, in_order=False)

    assert (len(in_order.pictures), in_order.reached) == (0, True)
    assert (len(in_none.pictures), in_none.reached) == (4, False)


def test_a_thread_of_ones_own_is_no_reply() -> None:
    """Who answers oneself goes on; who answers another replies."""
    mine, theirs = (
        {"reply": {"parent": {"uri": f"at://{did}/app.bsky.feed.post/3k"}}} for did in (DID, OTHER)
    )

    assert read(entry(record=mine)).pictures
    assert not read(entry(record=theirs)).pictures
    assert read(entry(record=theirs), target=dataclasses.replace(TARGET, replies=True)).pictures


@pytest.mark.parametrize("handle", ["handle.invalid", "", "../../x", "a b", None, 7])
def test_an_account_without_a_handle_has_its_did(handle: object) -> None:
    """A handle that does not hold is not shown, and never part of an address."""
    (one, _) = read(entry(author={"handle": handle})).pictures

    assert one.sighting.author == DID
    assert one.sighting.post_url == f"https://bsky.app/profile/{DID}/post/3kaaa"


def test_marks_are_read_back() -> None:
    """What one walk wrote, the next one reads."""
    mark = read(entry()).newest

    assert mark is not None
    assert read_mark(str(mark)) == mark
    assert [read_mark(torn) for torn in (None, "", "x y", "2026-01-01", "2026-01-01 ")] == [
        None
    ] * 5


WHOLE = {"feed": [entry(), repost("2026-01-03T00:00:00Z"), entry(embed={"items": []})]}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, object]:
    """The answer with some values replaced, wherever they stand."""
    whole = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 6))):
        holder: object = whole
        while True:
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))  # type: ignore[arg-type, call-overload]
            if not keys:
                break
            key = draw(st.sampled_from(list(keys)))
            inner = holder[key]  # type: ignore[index]
            if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
                holder = inner
                continue
            holder[key] = draw(values)  # type: ignore[index]
            break
    return whole


@given(mutated(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_mutated_answers_never_raise(answer: dict[str, object], in_order: bool) -> None:
    """Fields of other types, torn values: what can be read is read, and can be stored."""
    feed = answer["feed"]
    target = Target("bluesky", "a.example", reblogs=True, since=datetime(2019, 1, 1, tzinfo=UTC))
    batch = parse_posts(
        feed if isinstance(feed, list) else [], target, read_mark("2026-01-01 x"), in_order=in_order
    )

    for one in batch.pictures:
        json.dumps(dataclasses.asdict(one), default=str).encode("utf-8")
        assert one.sighting.url.startswith("https://")
        assert "\ud800" not in repr(one)
    assert batch.newest is None or read_mark(str(batch.newest)) == batch.newest
