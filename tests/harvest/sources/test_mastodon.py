"""Mastodon through a real session against the stand-in for its API."""

import dataclasses
import json
from datetime import timedelta

import pytest

from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sandbox.fediverse import AWAY, HOME, Toot
from harvest.sources.mastodon import Mastodon

TAG = Target("mastodon", f"{HOME}/#webcomic")
MARA = Target("mastodon", f"{HOME}/@mara")


def sightings(pages: list[Page]) -> list[Sighting]:
    return [one for page in pages for one in page.sightings]


def keys(found: list[Sighting]) -> list[str]:
    return [f"{one.source}:{one.post_id}:{one.media_index}" for one in found]


def toots_of(world, name: str) -> tuple[Toot, ...]:
    return next(member.toots for member in world.fediverse.members if member.name == name)


def planted(toots) -> list[tuple[str, int]]:
    """(address of the post, place within it) of every picture, in order."""
    return [(toot.uri, n) for toot in toots for n in range(len(toot.pictures))]


def places(found: list[Sighting], toots) -> list[tuple[str, int]]:
    by_url = {f"https://{t.home}/@{t.author}/{t.id_on(t.home)}": t.uri for t in toots}
    return [(by_url[one.post_url], one.media_index) for one in found]


@pytest.mark.parametrize("instance", [HOME, AWAY])
async def test_all_pictures_under_a_tag(access, world, walk_through, instance: str) -> None:
    """Posts of both instances, newest first, whichever of the two is asked."""
    target = Target("mastodon", f"{instance}/#webcomic")
    found = sightings(await walk_through(Mastodon.open(access), target))
    truth = [one.key for one in world.truth() if target.key in one.targets]
    posts = [toot for toot in world.fediverse.tagged("webcomic") if toot.answers != "other"]

    assert len(truth) > 80
    assert sorted(keys(found)) == sorted(truth)
    assert places(found, posts) == planted(posts)


async def test_all_pictures_of_an_account(access, world, walk_through) -> None:
    """One to four pictures a post, in order; films, sounds, boosts and replies are left out."""
    found = sightings(await walk_through(Mastodon.open(access), MARA))
    truth = {one.key: one.url for one in world.truth() if MARA.key in one.targets}
    toots = toots_of(world, "mara")

    assert {len(toot.pictures) for toot in toots} == {0, 1, 2, 4} | {len(toots[0].pictures)}
    assert {one.kind for toot in toots for one in toot.attachments} == {
        "image", "gifv", "video", "audio"
    }  # fmt: skip
    assert dict(zip(keys(found), (s.url for s in found), strict=True)) == truth
    assert list(truth) == keys(found)


async def test_an_account_of_another_instance(access, world, walk_through) -> None:
    """Its own files are the way out where the asked instance has no copy of them."""
    source = Mastodon.open(access)
    there = sightings(await walk_through(source, Target("mastodon", f"{AWAY}/@otto")))
    here = sightings(await walk_through(source, Target("mastodon", f"{HOME}/@otto@{AWAY}")))
    copied = {one.key for one in here if one.fallback_urls}
    originals = {one.key: one.url for one in there}

    assert [one.key for one in here] == list(originals)
    assert copied
    assert copied != originals.keys()
    for one in here:
        assert (one.fallback_urls or (one.url,)) == (originals[one.key],)
        assert one.url.startswith(f"https://files.{HOME}/cache/") == (one.key in copied)
        assert one.author == f"otto@{AWAY}"


async def test_boosts_are_the_originals(access, world, walk_through) -> None:
    """`reblogs: true` brings what was boosted: the sighting that its own account gives, once."""
    source = Mastodon.open(access)
    with_boosts = dataclasses.replace(MARA, reblogs=True)
    plain = sightings(await walk_through(source, MARA))
    more = sightings(await walk_through(source, with_boosts))
    added = [one for one in more if one.key not in {each.key for each in plain}]
    otto = sightings(await walk_through(source, Target("mastodon", f"{HOME}/@otto@{AWAY}")))

    assert added
    assert added == [one for one in otto if one.post_url == added[0].post_url]
    assert [one for one in more if one not in added] == plain


async def test_replies_are_left_out_unless_asked_for(access, world, walk_through) -> None:
    """Replies to others only; an answer to oneself is part of a series."""
    source = Mastodon.open(access)
    toots = toots_of(world, "mara")
    plain = sightings(await walk_through(source, MARA))
    every = sightings(await walk_through(source, dataclasses.replace(MARA, replies=True)))

    assert places(every, toots) == planted(toots)
    assert places(plain, toots) == planted([t for t in toots if t.answers != "other"])
    assert {toot.answers for toot in toots} == {"", "self", "other"}


async def test_a_sighting_tells_all_that_the_api_told(access, world, walk_through) -> None:
    """Author with host, time, tags, description, mark of sensitive ones."""
    found = sightings(await walk_through(Mastodon.open(access), MARA))
    toots = {f"https://{t.home}/@{t.author}/{t.id_on(t.home)}": t for t in toots_of(world, "mara")}

    for one in found:
        toot = toots[one.post_url or ""]
        assert one.author == f"mara@{HOME}"
        assert one.posted_at == toot.at.replace(microsecond=0)
        assert one.tags == toot.tags
        assert one.sensitive == toot.sensitive
        assert one.alt_text == toot.pictures[one.media_index].alt
    assert {one.sensitive for one in found} == {True, False}
    assert {"picture 7", "behind a film", None} <= {one.alt_text for one in found}


@pytest.mark.parametrize("cut", range(1, 6))
@pytest.mark.parametrize("target", [MARA, Target("mastodon", f"{HOME}/#hollow")], ids=["@", "#"])
async def test_a_walk_resumes_at_every_page(
    access, sandbox, walk_through, target: Target, cut: int
) -> None:
    """Stopped after any page and begun again at its cursor: nothing lost, nothing asked twice."""
    source = Mastodon.open(access)
    whole = await walk_through(source, target)
    asked = list(sandbox.requests)
    sandbox.requests.clear()
    first = await walk_through(source, target, most=cut)
    rest = await walk_through(source, target, Walk(cursor=first[-1].cursor)) if cut < 5 else []

    assert len(whole) == 5
    assert len(asked) == len(set(asked)) == 5 + target.name.count("@")
    assert sightings(first + rest) == sightings(whole)
    assert list(sandbox.requests) == asked


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "https://tracker.example/api/v1/timelines/tag/webcomic?max_id=1",
        f"http://{HOME}/api/v1/timelines/tag/webcomic?max_id=1",
        f"https://me:secret@{HOME}/api/v1/timelines/tag/webcomic?max_id=1",
        f"https://{HOME}/api/v1/timelines/tag/other?max_id=1",
        f"https://{HOME}/api/v1/accounts/1/statuses?max_id=1",
    ],
)
async def test_a_cursor_of_another_place_is_not_followed(
    access, sandbox, walk_through, cursor: str
) -> None:
    """The walk begins anew."""
    source = Mastodon.open(access)
    (page,) = await walk_through(source, TAG, Walk(cursor=cursor), most=1)

    assert page.posts == 40
    assert sandbox.requests.count() == 1
    assert "max_id" not in next(iter(sandbox.requests))


async def test_newest_only(access, sandbox, world, walk_through) -> None:
    """With `stop_at` the walk ends where the last one began, in one request."""
    source = Mastodon.open(access)
    posts = [toot for toot in world.fediverse.tagged("webcomic") if toot.attachments]
    (newest,) = {(await walk_through(source, TAG, most=1))[0].newest_id}
    sandbox.requests.clear()
    later = await walk_through(source, TAG, Walk(stop_at=posts[4].id_on(HOME)))

    assert newest == posts[0].id_on(HOME)
    assert places(sightings(later), posts) == planted(posts[:4])
    assert later[-1].cursor is None
    assert sandbox.requests.count() == 1


async def test_nothing_new(access, world, walk_through) -> None:
    """Begun at the newest post, a walk brings nothing, and no newer end."""
    source = Mastodon.open(access)
    (page,) = await walk_through(source, TAG, most=1)
    again = await walk_through(source, TAG, Walk(stop_at=page.newest_id))

    assert [one.sightings for one in again] == [()]


async def test_dates_cut_on_both_sides(access, sandbox, world, walk_through) -> None:
    """Only posts at or after `since` and before `until`; what is older is not asked for."""
    posts = [t for t in toots_of(world, "mara") if t.answers != "other" and not t.boosts]
    until, since = posts[2].at, posts[6].at
    target = dataclasses.replace(MARA, since=since, until=until)
    pages = await walk_through(Mastodon.open(access), target)
    whole = -(-len(posts) // 3)

    assert places(sightings(pages), posts) == planted(posts[3:7])
    assert len(pages) == whole - 1
    assert not sightings(
        await walk_through(
            Mastodon.open(access), dataclasses.replace(MARA, since=posts[0].at + timedelta(hours=1))
        )
    )


async def test_answers_are_kept_as_they_came(access, walk_through) -> None:
    """Each page's body is the API's own JSON."""
    page = (await walk_through(Mastodon.open(access), TAG, most=1))[0]

    assert len(json.loads(page.body)) == page.posts == 40


async def test_it_asks_as_everybody_may(access, sandbox, walk_through) -> None:
    """No key, one User-Agent, media only, forty at once."""
    await walk_through(Mastodon.open(access), TAG, most=1)
    record = sandbox.requests.record()

    assert record["agents"] == {"winnow/test": 1}
    assert record["lines"] == ["GET /api/v1/timelines/tag/webcomic?only_media=true&limit=40"]


async def test_a_server_of_before_look_ups(access, walk_through) -> None:
    """Where `/accounts/lookup` is unknown, the search finds the account of exactly that name."""
    name = f"@mara@{HOME}"
    found = await walk_through(Mastodon.open(access), Target("mastodon", f"old.example/{name}"))
    direct = await walk_through(Mastodon.open(access), MARA)

    assert [one.key for one in sightings(found)] == [one.key for one in sightings(direct)]


async def test_an_account_that_moved_says_so(access, walk_through) -> None:
    """Its old posts come, with a note where it is now."""
    pages = await walk_through(Mastodon.open(access), Target("mastodon", f"{HOME}/@wandered"))

    assert sightings(pages)
    assert [note for page in pages for note in page.notes] == [
        f"mastodon:{HOME}/@wandered: this account has moved to @settled@art.example"
    ]
