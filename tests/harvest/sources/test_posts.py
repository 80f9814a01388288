"""Reading the answers of both APIs: real shapes read right, mutated ones never raise."""

import copy
import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from harvest.ledger.records import Sighting, Target
from harvest.sources import answer as reading
from harvest.sources.tumblr_posts import parse_posts
from harvest.sources.twitter_errors import account_error, user_fault
from harvest.sources.twitter_posts import User, parse_timeline, parse_user

PBS = "https://pbs.twimg.com/media/AAAAAAAAAAAAAAA"
TIMELINE = {
    "data": [
        {
            "id": "1900",
            "text": "RT @other_one: look",
            "created_at": "2024-01-02T03:04:05.000Z",
            "possibly_sensitive": True,
            "in_reply_to_user_id": "42",
            "entities": {"hashtags": [{"start": 0, "end": 4, "tag": "comic"}]},
            "attachments": {"media_keys": ["3_1", "7_5", "3_2"]},
            "referenced_tweets": [{"type": "replied_to", "id": "1800"}],
        },
        {
            "id": "1850",
            "text": "RT @other_one: theirs",
            "referenced_posts": [{"type": "reposted", "id": "1700"}],
        },
    ],
    "includes": {
        "media": [
            {"media_key": "3_2", "type": "photo", "url": f"{PBS}.png", "alt_text": "two"},
            {"media_key": "3_1", "type": "photo", "url": f"{PBS}.jpg"},
            {"media_key": "7_5", "type": "video", "preview_image_url": f"{PBS}.jpg"},
            {
                "media_key": "16_9",
                "type": "photo",
                "url": "https://pbs.twimg.com/tweet_video_thumb/B.jpg",
            },
            {"media_key": "3_9", "type": "photo", "url": "http://pbs.twimg.com/media/C.jpg"},
        ],
        "posts": [
            {
                "id": "1700",
                "text": "theirs",
                "attachments": {"media_keys": ["16_9", "3_9"]},
            }
        ],
    },
    "errors": [{"title": "Authorization Error", "detail": "no", "resource_type": "tweet"}],
    "meta": {"result_count": 2, "newest_id": "1900", "next_token": "abc"},
}
USER = User("42", "islieb")
TARGET = Target("twitter", "islieb", retweets=True)

MEDIA = "https://64.media.tumblr.com"
POSTS = [
    {
        "type": "photo",
        "id": 10,
        "id_string": "10",
        "blog_name": "b",
        "post_url": "https://b.tumblr.com/post/10",
        "timestamp": 1_700_000_000,
        "tags": ["lol", "a b"],
        "caption": f'<p><img src="{MEDIA}/aa/tumblr_one_500.jpg"> again</p>',
        "photos": [
            {
                "original_size": {"width": 1280, "url": f"{MEDIA}/aa/tumblr_one_640.jpg"},
                "alt_sizes": [
                    {"width": 640, "url": f"{MEDIA}/aa/tumblr_one_640.jpg"},
                    {"width": 400, "url": f"{MEDIA}/aa/tumblr_one_400.jpg"},
                ],
            },
            {"original_size": {"url": f"{MEDIA}/h/h-xx/s1280x1920/signed.png"}},
        ],
    },
    {
        "type": "text",
        "id": 9,
        "timestamp": 1_690_000_000,
        "featured_timestamp": 1_695_000_000,
        "body": f'<figure><img src="{MEDIA}/i/i-yy/s640x960/small.jpg" alt="image" '
        f'srcset="{MEDIA}/i/i-yy/s75x75_c1/tiny.jpg 75w, {MEDIA}/i/i-yy/s2048x3072/big.jpg 2048w">'
        '<img src="https://elsewhere.example/x.png"></figure>',
        "reblog": {"comment": "", "tree_html": f'<img src="{MEDIA}/j/j-yy/s640x960/no.jpg">'},
    },
    {
        "type": "blocks",
        "id_string": "8",
        "timestamp": 1_680_000_000,
        "is_nsfw": True,
        "content": [
            {
                "type": "image",
                "alt_text": "a cat",
                "media": [
                    {"url": f"{MEDIA}/k/k-zz/s75x75_c1/c.jpg", "width": 9999, "cropped": True},
                    {"url": f"{MEDIA}/k/k-zz/s540x405/f.jpg", "width": 540},
                    {"url": f"{MEDIA}/k/k-zz/s1280x1920/o.jpg", "width": 1280,
                     "has_original_dimensions": True},
                ],
            },
            {"type": "text", "text": "words"},
        ],
        "trail": [
            {"content": [{"type": "image", "media": [{"url": f"{MEDIA}/l/l-zz/s640x960/t.jpg"}]}]}
        ],
    },
]  # fmt: skip


def test_a_timeline_is_read() -> None:
    """Photos only, in the post's order, a share's from its original, everything told."""
    timeline = parse_timeline(copy.deepcopy(TIMELINE), TARGET, USER, None)
    first, second, shared = timeline.sightings

    assert [first.url, second.url] == [f"{PBS}.jpg", f"{PBS}.png"]
    assert (first.key, second.key) == (("twitter", "1900", 0), ("twitter", "1900", 1))
    assert first.posted_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert first.tags == ("comic",)
    assert first.sensitive
    assert second.alt_text == "two"
    assert shared.key == ("twitter", "1700", 0)
    assert shared.author == "other_one"
    assert shared.post_url == "https://x.com/other_one/status/1700"
    assert timeline.next_token == "abc"
    assert timeline.newest_id == "1900"
    assert timeline.notes == ("twitter:islieb: Authorization Error: no",)


def test_old_and_new_field_names_read_the_same() -> None:
    """`includes.posts` and `referenced_posts` are `includes.tweets` and `referenced_tweets`."""
    renamed = json.loads(
        json.dumps(TIMELINE)
        .replace('"posts"', '"tweets"')
        .replace("referenced_posts", "referenced_tweets")
        .replace("reposted", "retweeted")
    )

    assert renamed != TIMELINE
    assert parse_timeline(renamed, TARGET, USER, None) == parse_timeline(
        copy.deepcopy(TIMELINE), TARGET, USER, None
    )


def test_what_the_server_did_not_leave_out_is_left_out() -> None:
    """Replies to others and shares go, an account's own thread stays."""
    answer = copy.deepcopy(TIMELINE)
    plain = Target("twitter", "islieb")
    own_thread = parse_timeline(answer, plain, USER, None)
    answer["data"][0]["in_reply_to_user_id"] = "43"
    to_another = parse_timeline(answer, plain, USER, None)
    del answer["data"][0]["in_reply_to_user_id"]
    to_somebody = parse_timeline(answer, plain, USER, None)

    assert [s.post_id for s in own_thread.sightings] == ["1900", "1900"]
    assert to_another.sightings == to_somebody.sightings == ()
    assert to_another.ids == ("1900", "1850")


def test_what_is_known_ends_the_walk() -> None:
    """A page that reaches `stop_at` is the last one, and gives only what is newer."""
    timeline = parse_timeline(copy.deepcopy(TIMELINE), TARGET, USER, "1850")

    assert {s.post_id for s in timeline.sightings} == {"1900"}
    assert timeline.next_token is None


def test_tumblr_posts_are_read() -> None:
    """Sets, inline pictures and blocks, each picture once, best size first, foreign hosts out."""
    batch = parse_posts(copy.deepcopy(POSTS), Target("tumblr", "lol"), None)
    by_key = {(s.post_id, s.media_index): s for s in batch.sightings}

    assert list(by_key) == [("10", 0), ("10", 1), ("9", 0), ("8", 0), ("8", 1)]
    assert by_key["10", 0].url == f"{MEDIA}/aa/tumblr_one_640.jpg"
    assert by_key["10", 0].best_urls == (f"{MEDIA}/aa/tumblr_one_1280.jpg",)
    assert by_key["10", 0].fallback_urls == (f"{MEDIA}/aa/tumblr_one_400.jpg",)
    assert by_key["10", 0].tags == ("lol", "a b")
    assert by_key["10", 0].posted_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert by_key["10", 1].addresses == (f"{MEDIA}/h/h-xx/s1280x1920/signed.png",)
    assert by_key["9", 0].addresses == (
        f"{MEDIA}/i/i-yy/s2048x3072/big.jpg",
        f"{MEDIA}/i/i-yy/s640x960/small.jpg",
    )
    assert by_key["9", 0].alt_text is None
    assert by_key["8", 0].url == f"{MEDIA}/l/l-zz/s640x960/t.jpg"
    assert by_key["8", 1].addresses == (
        f"{MEDIA}/k/k-zz/s1280x1920/o.jpg",
        f"{MEDIA}/k/k-zz/s540x405/f.jpg",
    )
    assert by_key["8", 1].alt_text == "a cat"
    assert by_key["8", 1].sensitive
    assert (batch.newest, batch.last, batch.unread) == (1_700_000_000, 1_680_000_000, 0)


NASTY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["\ud800", "https://", "http://[::1", "x" * 5000, "9" * 30, "-1",
         "2024-01-01T00:00:00+99:00", "0001-01-01T00:00:00+14:00", "<img src=",
         '<img src="http://[/">', 10**400, -(2**70)]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


def spots(value: object, path: tuple = ()) -> list[tuple]:
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(spot for key, child in children for spot in spots(child, (*path, key)))]


@st.composite
def mutated(draw, original):
    """The original with up to four of its values replaced or taken away."""
    made = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(spots(made)))
        if not path:
            continue
        holder = made
        for key in path[:-1]:
            holder = holder[key]
        if draw(st.booleans()):
            holder[path[-1]] = draw(NASTY)
        else:
            del holder[path[-1]]
    return made


def assert_storable(one: Sighting) -> None:
    """What a source yields can be stored and asked for, whatever the answer was."""
    assert one.post_id.isdecimal()
    assert one.media_index >= 0
    for url in one.addresses:
        assert reading.address(url) == url
    assert one.posted_at is None or one.posted_at.tzinfo is UTC
    for words in (*one.tags, one.alt_text or "", one.author or "", one.post_url or ""):
        words.encode("utf-8")


@given(mutated(TIMELINE))
@settings(max_examples=300)
def test_mutated_timelines_never_raise(answer) -> None:
    """Fields of other types, torn values, missing keys: what can be read is read, no more."""
    timeline = parse_timeline(answer, TARGET, USER, "7")
    user_fault(answer, "x")

    for one in timeline.sightings:
        assert_storable(one)
    assert all(note.isprintable() for note in timeline.notes)


@given(mutated({"posts": POSTS}))
@settings(max_examples=300)
def test_mutated_posts_never_raise(answer) -> None:
    """The same for Tumblr."""
    posts = answer.get("posts")
    batch = parse_posts(posts if isinstance(posts, list) else [], Target("tumblr", "lol"), 7)

    for one in batch.sightings:
        assert_storable(one)
    assert batch.newest is None or batch.newest > 0


@given(
    mutated({"data": {"id": "42", "username": "x", "protected": True}, "errors": [{"detail": "d"}]})
)
@settings(max_examples=200)
def test_mutated_look_ups_never_raise(answer) -> None:
    """A user comes out whole, or not at all with a reason."""
    user = parse_user(answer)

    assert user is None or (user.id.isdecimal() and user.username.isascii())
    assert str(account_error(answer, "twitter:x")).isprintable()
