"""The stand-in for the picture CDNs: pbs.twimg.com, 64.media.tumblr.com, and instances' files."""

from __future__ import annotations

import re
from urllib.parse import unquote

from aiohttp import web

from harvest.sandbox.addresses import LISTED_SIDE, TWITTER_SIZES
from harvest.sandbox.decay import Decay, Mirror
from harvest.sandbox.encoding import CONTENT_TYPES
from harvest.sandbox.gallery import Gallery
from harvest.sandbox.posts import Drawing, Picture
from harvest.sandbox.styles import REMOVED
from harvest.sandbox.uniques import unique_picture
from harvest.sandbox.world import World

PLACEHOLDER_PATH = "/removed/placeholder.png"
"""Where removed content redirects to."""

_NAMED = re.compile(r"(?P<id>[A-Za-z0-9_-]+)(\.(?P<ext>jpg|png))?(:(?P<size>\w+))?")
_PLACEHOLDER = Picture("placeholder0000", Drawing(REMOVED, 0, 640, 480, ""), "png")
_STILL_SIDE = 480


class Cdn:
    """Answers every path that is no API's.

    With `answer_all`, unknown paths give a picture too; with `decay`, what time has left of it.
    """

    def __init__(
        self,
        world: World,
        gallery: Gallery,
        *,
        answer_all: bool = False,
        decay: Decay | None = None,
    ) -> None:
        self._world = world
        self._gallery = gallery
        self._answer_all = answer_all
        self._mirror = Mirror(decay, self._placeholder) if decay is not None else None

    def forget(self) -> None:
        """Let what happens once happen again."""
        if self._mirror is not None:
            self._mirror.forget()

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application, last: the catch-all is among it."""
        return [
            web.get("/media/{name}", self._twitter),
            web.get("/tweet_video_thumb/{name}", self._still),
            web.get("/ext_tw_video_thumb/{key}/pu/img/{name}", self._still),
            web.get("/media_attachments/{path:.*}", self._mastodon),
            web.get("/cache/media_attachments/{path:.*}", self._mastodon),
            web.get(PLACEHOLDER_PATH, self._removed),
            web.get("/any/{path:.*}", self._any),
            web.get("/{path:.*}", self._tumblr),
        ]

    async def _twitter(self, request: web.Request) -> web.StreamResponse:
        match = _NAMED.fullmatch(request.match_info["name"])
        picture = self._world.media.get(match["id"]) if match else None
        if match is None or picture is None:
            return await self._unknown(request)
        extension = match["ext"] or request.query.get("format", "jpg")
        size = match["size"] or request.query.get("name", "")
        if extension != picture.extension or (size and size not in TWITTER_SIZES):
            return not_found()
        if size == "orig" and picture.flaw == "no_orig":
            return not_found()
        side = TWITTER_SIZES[size] if size else LISTED_SIDE
        return await self._answer(picture, side)

    async def _still(self, request: web.Request) -> web.StreamResponse:
        picture = self._world.media.get(request.match_info["name"].partition(".")[0])
        if picture is None:
            return await self._unknown(request)
        return await self._answer(picture, _STILL_SIDE)

    async def _removed(self, _: web.Request) -> web.Response:
        return await self._answer(_PLACEHOLDER, 0)

    async def _tumblr(self, request: web.Request) -> web.StreamResponse:
        found = self._world.tumblr_paths.get(request.path)
        if found is None:
            return await self._unknown(request)
        if "text/html" in request.headers.get("Accept", ""):
            # Tumblr shows a page around the picture to whoever looks like a browser.
            page = f'<html><body><img src="{request.path}"></body></html>'
            return web.Response(text=page, content_type="text/html")
        picture, size = found
        return await self._answer(picture, size.side)

    async def _mastodon(self, request: web.Request) -> web.StreamResponse:
        picture = self._world.fediverse.files.get(request.path)
        return await (self._answer(picture, 0) if picture else self._unknown(request))

    async def _any(self, request: web.Request) -> web.StreamResponse:
        if self._mirror is not None:
            return await self._mirror.answer(request, PLACEHOLDER_PATH)
        return _unique(request)

    async def _answer(self, picture: Picture, side: int) -> web.Response:
        if picture.flaw == "missing":
            return not_found()
        if picture.flaw == "removed":
            return web.Response(status=302, headers={"Location": PLACEHOLDER_PATH})
        body = await self._gallery.file(picture, side)
        return web.Response(
            body=body,
            content_type=CONTENT_TYPES[picture.extension],
            headers={"Cache-Control": "max-age=604800"},
        )

    async def _placeholder(self) -> bytes:
        return await self._gallery.file(_PLACEHOLDER)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        if self._mirror is not None:
            return await self._mirror.answer(request, PLACEHOLDER_PATH)
        return _unique(request) if self._answer_all else not_found()


def not_found() -> web.Response:
    """404 without a body, as the CDNs have it."""
    return web.Response(status=404)


def _unique(request: web.Request) -> web.Response:
    body = unique_picture(unquote(request.path_qs))
    extension = "png" if body.startswith(b"\x89PNG") else "jpg"
    return web.Response(body=body, content_type=CONTENT_TYPES[extension])
