"""Posts of Mastodon's API read with care: every field may be missing, torn or of another type."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvest.ledger.folder import picture_name
from harvest.ledger.records import Target
from harvest.sources.mastodon_posts import is_older, parse_posts

TARGET = Target("mastodon", "a.example/#cats")
AT = "https://files.a.example"


def image(name: str, kind: str = "image", **more: object) -> dict[str, object]:
    return {"type": kind, "url": f"{AT}/{name}", "remote_url": None, "description": None} | more


def post(*attachments: object, **more: object) -> dict[str, object]:
    return {
        "id": "111",
        "created_at": "2026-01-02T03:04:05.678Z",
        "uri": "https://a.example/users/me/statuses/111",
        "url": "https://a.example/@me/111",
        "account": {"id": "1", "acct": "me"},
        "media_attachments": list(attachments),
    } | more


def read(*posts: object, target: Target = TARGET, stop_at: str | None = None):
    return parse_posts(list(posts), target, "a.example", stop_at)


def test_a_place_is_kept_by_what_cannot_be_read() -> None:
    """Pictures without an address count; films and sounds do not."""
    batch = read(
        post(
            image("0.jpg", url=None),
            image("film.mp4", "video"),
            image("1.jpg"),
            image("x", "unknown", remote_url="https://b.example/none"),
            image("x", "unknown", remote_url="https://b.example/film.MP4?a=1"),
            image("x", "unknown", remote_url="https://b.example/4.JPEG?a=1"),
            image("x", "unknown"),
            "torn",
            image("5.jpg"),
        )
    )

    assert [(one.media_index, one.url) for one in batch.sightings] == [
        (1, f"{AT}/1.jpg"), (3, "https://b.example/4.JPEG?a=1"), (5, f"{AT}/5.jpg")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "remote", "addresses"),
    [
        (f"{AT}/1.jpg", None, (f"{AT}/1.jpg",)),
        (f"{AT}/1.jpg", "https://b.example/1.jpg", (f"{AT}/1.jpg", "https://b.example/1.jpg")),
        (f"{AT}/1.jpg", f"{AT}/1.jpg", (f"{AT}/1.jpg",)),
        (None, "https://b.example/1", ("https://b.example/1",)),
        ("file:///etc/passwd", "https://b.example/1", ("https://b.example/1",)),
        (f"{AT}/1.jpg", "javascript:alert(1)", (f"{AT}/1.jpg",)),
    ],
)
def test_addresses(listed: object, remote: object, addresses: tuple[str, ...]) -> None:
    """The instance's own copy first, verbatim; the original where that fails."""
    (one,) = read(post(image("", url=listed, remote_url=remote))).sightings

    assert one.addresses == addresses


def test_a_post_is_itself_on_every_instance() -> None:
    """The key follows from the post's own address, whatever id an instance gives it."""
    same = [
        parse_posts([post(image("1.jpg"), id=number, **more)], TARGET, instance, None).sightings[0]
        for number, instance, more in (
            ("111", "a.example", {}),
            ("999", "b.example", {"account": {"id": "7", "acct": "me@a.example"}}),
        )
    ]
    other = read(post(image("1.jpg"), uri="https://a.example/users/me/statuses/112")).sightings[0]

    assert same[0].key == same[1].key != other.key
    assert {one.author for one in same} == {"me@a.example"}
    assert same[0].post_id.startswith("a.example-")


@pytest.mark.parametrize(
    "uri",
    [None, 7, "tag:a.example,2017:objectId=1", "https://[", "https://ü.example/1", "x" * 9000],
)
def test_any_uri_makes_a_key_and_a_name(uri: object) -> None:
    """What is no address still tells posts apart, and gives a file name of ours."""
    (one,) = read(post(image("1.jpg"), uri=uri)).sightings
    (other,) = read(post(image("1.jpg"), uri=uri and f"{uri}2", id="112")).sightings
    name = picture_name(*one.key, "0" * 64, "jpg")

    assert one.key != other.key
    assert name.isascii()
    assert name.startswith("mastodon_")
    assert one.post_id in name or not one.post_id.isascii()


def test_boosts_bring_the_original() -> None:
    """Its author, time and key; the boost's own time is held against the dates."""
    original = post(
        image("1.jpg"),
        uri="https://b.example/5",
        account={"id": "2", "acct": "you@b.example"},
        created_at="2020-01-01T00:00:00Z",
    )
    boost = post(reblog=original)
    asked = Target(
        "mastodon", "a.example/@me", reblogs=True, since=datetime(2025, 1, 1, tzinfo=UTC)
    )
    (one,) = read(boost, target=asked).sightings
    plain = read(original).sightings[0]

    assert one == plain
    assert one.author == "you@b.example"
    assert read(boost).sightings == ()


def test_quotes_are_taken_unless_unwanted() -> None:
    """`quotes: false` leaves out posts that quote others."""
    quoting = post(image("1.jpg"), quote={"state": "accepted"})
    without = Target("mastodon", "a.example/@me", quotes=False)

    assert len(read(quoting).sightings) == 1
    assert read(quoting, target=without).sightings == ()


def test_what_is_known_ends_the_page() -> None:
    """Ids are ordered by length, then as text; entries without an id are counted as unread."""
    batch = read(
        post(image("3.jpg"), id="1000"), post(image("2.jpg"), id="999"), "torn", {"id": "../x"},
        stop_at="999",
    )  # fmt: skip

    assert [one.url for one in batch.sightings] == [f"{AT}/3.jpg"]
    assert (batch.posts, batch.newest, batch.reached, batch.unread) == (2, "1000", True, 2)
    assert is_older("999", "1000")
    assert is_older("01HA", "01HB")
    assert not is_older("7", "7")


def test_one_late_post_is_not_the_end() -> None:
    """Only a page that is older than `since` altogether ends the walk."""
    since = Target("mastodon", "a.example/#cats", since=datetime(2026, 1, 1, tzinfo=UTC))
    late = post(image("1.jpg"), id="110", created_at="2019-01-01T00:00:00Z")

    assert not read(post(), late, target=since).reached
    assert read(post(), late, target=since).sightings == ()
    assert read(late, target=since).reached
    assert not read(target=since).reached
    assert not read(post(image("1.jpg"), created_at="soon"), target=since).sightings


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
FIELDS = ("id", "uri", "url", "created_at", "account", "media_attachments", "tags", "reblog",
          "in_reply_to_id", "sensitive", "quote")  # fmt: skip


@settings(max_examples=50)
@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)) | JSON, max_size=3))
def test_no_answer_is_too_odd(posts: list[object]) -> None:
    """Whatever JSON comes, it is read without an error, and what is made of it can be stored."""
    wide = Target("mastodon", "a.example/#cats", replies=True, reblogs=True)
    merged = [post(image("1.jpg")) | one if isinstance(one, dict) else one for one in posts]
    batch = read(*json.loads(json.dumps(merged)), target=wide, stop_at="5")

    assert batch.posts + batch.unread == len(posts)
    for one in batch.sightings:
        repr(one).encode()
        assert one.url.startswith(("http://", "https://"))
