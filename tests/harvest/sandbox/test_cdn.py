"""The stand-in for the CDNs: sizes, addresses, flaws."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from harvest.ledger.picture import open_picture
from harvest.sandbox.addresses import LISTED_SIDE, still_url, tumblr_renditions
from harvest.sandbox.gallery import original
from harvest.sandbox.posts import Picture
from harvest.sandbox.truth import Truth
from harvest.sandbox.world import World


async def fetch(client, path: str, **headers: str) -> tuple[int, str, bytes]:
    """Status, content type, body."""
    async with client.get(path, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.content_type, await answer.read()


def first(demo: World, kind: str, source: str = "twitter", detail: str = "") -> Truth:
    """A planted picture of a kind."""
    return next(t for t in demo.truth() if (t.kind, t.source, t.detail) == (kind, source, detail))


def clean(demo: World, extension: str = "jpg", flaw: str = "") -> Picture:
    """A clean picture of X's CDN that is larger than its listed size."""
    return next(
        p
        for p in demo.media.values()
        if (p.kind, p.extension, p.flaw) == ("clean", extension, flaw) and max(p.size) > LISTED_SIDE
    )


@pytest.mark.parametrize("extension", ["jpg", "png"])
async def test_the_original_is_larger_than_the_listed_size(client, demo, extension: str) -> None:
    """Every rung of the size ladder answers, `orig` with the untouched bytes."""
    picture = clean(demo, extension)
    sides = {}
    for size in ("orig", "4096x4096", "large", "medium", "small", "360x360"):
        path = f"/media/{picture.media_id}?format={extension}&name={size}"
        status, _, body = await fetch(client, path)
        header = open_picture(body).header
        sides[size] = max(header.width, header.height)
        assert status == 200
        assert (body == original(picture)) == (
            size in ("orig", "4096x4096") or sides[size] == max(picture.size)
        )
    _, kind, listed = await fetch(client, f"/media/{picture.media_id}.{extension}")
    _, _, legacy = await fetch(client, f"/media/{picture.media_id}.{extension}:orig")
    header = open_picture(listed).header

    assert list(sides.values()) == sorted(sides.values(), reverse=True)
    assert max(header.width, header.height) == sides["medium"] < sides["orig"]
    assert legacy == original(picture)
    assert kind == {"jpg": "image/jpeg", "png": "image/png"}[extension]


async def test_some_originals_are_missing(client, demo: World) -> None:
    """Where `orig` is 404 in both spellings, the next rung has the same pixels."""
    picture = clean(demo, flaw="no_orig")
    place = f"/media/{picture.media_id}"
    statuses = [
        (await fetch(client, path))[0]
        for path in (f"{place}?format=jpg&name=orig", f"{place}.jpg:orig", f"{place}.jpg")
    ]
    _, _, body = await fetch(client, f"{place}?format=jpg&name=4096x4096")

    assert statuses == [404, 404, 200]
    assert body == original(picture)


@pytest.mark.parametrize(
    "path", ["{id}.gif", "{id}.png", "{id}?format=jpg&name=huge", "{id}x.jpg", "..%2f{id}.jpg"]
)
async def test_wrong_addresses_are_404(client, demo: World, path: str) -> None:
    """Another extension, an unknown size and an unknown id have no picture."""
    status, _, _ = await fetch(client, "/media/" + path.format(id=clean(demo).media_id))

    assert status == 404


async def test_every_address_of_the_truth_answers_as_told(client, demo: World) -> None:
    """Missing is 404, removed a redirect, broken is no whole picture, and the rest is one."""
    for kind, source, detail in [
        ("clean", "twitter", ""), ("clean", "tumblr", ""), ("tiny", "twitter", ""),
        ("blank", "twitter", ""), ("reencode", "tumblr", ""),
    ]:  # fmt: skip
        one = first(demo, kind, source, detail)
        status, _, body = await fetch(client, urlsplit(one.url).path)
        assert status == 200
        side = max(open_picture(body).rgb.size)
        assert (side < 64) == (kind == "tiny")
    for kind, wanted in (("missing", 404), ("placeholder", 302)):
        status, _, _ = await fetch(client, urlsplit(first(demo, kind).url).path)
        assert status == wanted
    for detail, start in (("truncated", b"\xff\xd8"), ("html", b"<!DOC"), ("empty", b"")):
        status, mime, body = await fetch(
            client, urlsplit(first(demo, "broken", detail=detail).url).path
        )
        assert (status, mime) == (200, "image/jpeg")
        assert body.startswith(start)


async def test_removed_content_leads_to_one_picture(client, demo: World) -> None:
    """The redirect ends at a whole picture, the same for every removed one."""
    path = urlsplit(first(demo, "placeholder").url).path
    async with client.get(path) as answer:
        body = await answer.read()

    assert answer.status == 200
    assert answer.url.path == "/removed/placeholder.png"
    assert open_picture(body).header.media_type == "image/png"


async def test_stills_of_videos_and_gifs_answer(client, demo: World) -> None:
    """Previews under tweet_video_thumb and ext_tw_video_thumb are pictures."""
    media = [
        m for post in demo.accounts["paul_pixel"].posts for m in post.media if m.kind != "photo"
    ]
    paths = {m.kind: urlsplit(still_url(m)).path for m in media}

    assert paths.keys() == {"video", "animated_gif"}
    for path in paths.values():
        status, _, body = await fetch(client, path)
        assert status == 200
        assert max(open_picture(body).rgb.size) <= 480


async def test_tumblr_has_two_ways_of_addresses(client, demo: World) -> None:
    """All sizes answer in their width; old names end in the size, signed ones cannot be changed."""
    pictures = [p for p, size in demo.tumblr_paths.values() if not p.flaw and size.side == 0]
    old = next(p for p in pictures if "/tumblr_p" in tumblr_renditions(p)[0].path)
    new = next(p for p in pictures if "/s1280x1920/" in tumblr_renditions(p)[0].path)
    for picture in (old, new):
        for size in tumblr_renditions(picture):
            status, _, body = await fetch(client, size.path)
            header = open_picture(body).header
            assert status == 200
            assert abs(header.width - size.width) <= 1
            assert abs(header.height - size.height) <= 1
    forged = tumblr_renditions(new)[1].path.replace("/s640x960/", "/s1280x1920/")

    assert (await fetch(client, tumblr_renditions(old)[0].path))[2] == original(old)
    assert (await fetch(client, forged))[0] == 404


async def test_tumblr_shows_browsers_a_page(client, demo: World) -> None:
    """Whoever accepts text/html gets a page in the place of a picture."""
    path = next(path for path, (p, _) in demo.tumblr_paths.items() if not p.flaw)
    _, page, _ = await fetch(client, path, Accept="text/html,*/*")
    _, picture, _ = await fetch(client, path, Accept="image/*,*/*;q=0.5")

    assert page == "text/html"
    assert picture.startswith("image/")
