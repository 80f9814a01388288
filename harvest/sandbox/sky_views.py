"""Bluesky's JSON of posts: the record that its author wrote, and the view that the API makes."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

from harvest.sandbox.posts import Media
from harvest.sandbox.skies import (
    SkyPost,
    cid_of_picture,
    did_of,
    sky_url,
    stranger,
    strangers,
    tid,
)

_DEFS = "app.bsky.feed.defs"
_EMBED = "app.bsky.embed"


def feed_entry(one: SkyPost, account: str) -> dict[str, Any]:
    """An entry of a feed: a post, and why it is there."""
    entry: dict[str, Any] = {"post": post_view(one)}
    if one.post.shape == "retweet":
        by = did_of(account)
        uri = f"at://{by}/app.bsky.feed.repost/{one.key}"
        entry["reason"] = {
            "$type": f"{_DEFS}#reasonRepost",
            "by": _author(account),
            "uri": uri,
            "cid": _record_cid(uri),
            "indexedAt": stamp(one.post.at),
        }
    return entry


def post_view(one: SkyPost) -> dict[str, Any]:
    """A post as feeds and searches show it."""
    at = one.post.at - timedelta(hours=5) if one.post.shape == "retweet" else one.post.at
    labelled = one.post.sensitive and one.piece != "labelled"
    view: dict[str, Any] = {
        "uri": one.uri,
        "cid": _record_cid(one.uri),
        "author": _author(one.handle),
        "record": _record(one, at),
        "replyCount": 0,
        "repostCount": 1,
        "likeCount": 2,
        "quoteCount": 0,
        "indexedAt": stamp(at + timedelta(seconds=1)),
        "labels": [_label(one, "porn")] if labelled else [],
    }
    embed = _embed(one, view=True)
    if embed is not None:
        view["embed"] = embed
    return view


def stamp(at: datetime) -> str:
    """A time as the API writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _record(one: SkyPost, at: datetime) -> dict[str, Any]:
    post = one.post
    in_text = post.tags[:1] if one.piece == "tagged" else post.tags
    found: dict[str, Any] = {
        "$type": "app.bsky.feed.post",
        "createdAt": stamp(at),
        "langs": ["en"],
        "text": " ".join([post.text, *(f"#{tag}" for tag in in_text)]),
    }
    if in_text:
        found["facets"] = [
            {
                "index": {"byteStart": 0, "byteEnd": 1},
                "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}],
            }
            for tag in in_text
        ]
    if one.piece == "tagged":
        found["tags"] = list(post.tags[1:])
    if one.piece == "labelled":
        found["labels"] = {
            "$type": "com.atproto.label.defs#selfLabels",
            "values": [{"val": "nudity"}],
        }
    if parent := _parent(one):
        found["reply"] = {"root": parent, "parent": parent}
    embed = _embed(one, view=False)
    if embed is not None:
        found["embed"] = embed
    return found


def _parent(one: SkyPost) -> dict[str, str] | None:
    if one.piece == "own_reply":
        uri = f"at://{one.did}/app.bsky.feed.post/{tid(1)}"
    elif one.post.shape == "reply" and one.post.refers_to is not None:
        uri = _other(one)
    else:
        return None
    return {"uri": uri, "cid": _record_cid(uri)}


def _embed(one: SkyPost, *, view: bool) -> dict[str, Any] | None:
    media = _media(one, view=view)
    if one.post.shape != "quote":
        return media
    suffix = "#view" if view else ""
    quoted = _quoted(one) if view else {"uri": _other(one), "cid": _record_cid(_other(one))}
    if media is None:
        return {"$type": f"{_EMBED}.record{suffix}", "record": quoted}
    inner = {"$type": f"{_EMBED}.record{suffix}", "record": quoted}
    return {"$type": f"{_EMBED}.recordWithMedia{suffix}", "record": inner, "media": media}


def _media(one: SkyPost, *, view: bool) -> dict[str, Any] | None:
    suffix = "#view" if view else ""
    photos = one.post.photos
    if photos:
        kind, key = ("gallery", "items") if one.piece == "gallery" else ("images", "images")
        listed = [(_seen if view else _written)(one, medium) for medium in photos]
        return {"$type": f"{_EMBED}.{kind}{suffix}", key: listed}
    for medium in one.post.media:
        still = sky_url(one.did, medium.picture, "feed_thumbnail")
        if medium.kind == "video":
            return {
                "$type": f"{_EMBED}.video{suffix}",
                "cid": cid_of_picture(medium.picture),
                "playlist": "https://video.bsky.app/watch/playlist.m3u8",
                "thumbnail": still,
            }
        external = {"uri": "https://media.example/a.gif", "title": "a GIF", "description": ""}
        return {"$type": f"{_EMBED}.external{suffix}", "external": external | {"thumb": still}}
    return None


def _seen(one: SkyPost, medium: Media) -> dict[str, Any]:
    width, height = medium.picture.size
    small = "thumbnail" if one.piece == "gallery" else "thumb"
    return {
        small: sky_url(one.did, medium.picture, "feed_thumbnail"),
        "fullsize": sky_url(one.did, medium.picture),
        "alt": medium.alt_text or "",
        "aspectRatio": {"width": width, "height": height},
    }


def _written(one: SkyPost, medium: Media) -> dict[str, Any]:
    width, height = medium.picture.size
    kind = "image/png" if medium.picture.extension == "png" else "image/jpeg"
    link = {"$link": cid_of_picture(medium.picture)}
    return {
        "alt": medium.alt_text or "",
        "image": {"$type": "blob", "ref": link, "mimeType": kind, "size": 100_000},
        "aspectRatio": {"width": width, "height": height},
    }


def _quoted(one: SkyPost) -> dict[str, Any]:
    """Somebody else's post with a picture, which is none of the post that quotes it."""
    theirs = f"https://cdn.bsky.app/img/feed_fullsize/plain/{did_of('quoted')}/bafkreitheirs@jpeg"
    images = {"$type": f"{_EMBED}.images#view", "images": [{"fullsize": theirs, "alt": "theirs"}]}
    return {
        "$type": f"{_EMBED}.record#viewRecord",
        "uri": _other(one),
        "cid": _record_cid(_other(one)),
        "author": _author(_other_name(one)),
        "value": {"$type": "app.bsky.feed.post", "text": "theirs"},
        "embeds": [images],
        "indexedAt": stamp(one.post.at - timedelta(hours=5)),
    }


def _other(one: SkyPost) -> str:
    number = one.post.refers_to[0] if one.post.refers_to is not None else "1"
    return f"at://{did_of(_other_name(one))}/app.bsky.feed.post/{tid(int(number))}"


def _other_name(one: SkyPost) -> str:
    return stranger(one.post.refers_to[1]) if one.post.refers_to is not None else strangers()[0]


def _author(handle: str) -> dict[str, Any]:
    return {"did": did_of(handle), "handle": handle, "displayName": handle, "labels": []}


def _label(one: SkyPost, value: str) -> dict[str, Any]:
    return {"src": did_of("labels.bsky.social"), "uri": one.uri, "val": value}


def _record_cid(uri: str) -> str:
    name = bytes((1, 0x71, 0x12, 0x20)) + hashlib.sha256(uri.encode()).digest()
    return "b" + base64.b32encode(name).decode("ascii").lower().rstrip("=")
