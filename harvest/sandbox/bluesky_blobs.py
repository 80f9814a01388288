"""The stand-in for where Bluesky's pictures lie: the directory, accounts' servers, the CDN."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aiohttp import web

from harvest.sandbox.bluesky_api import refusal
from harvest.sandbox.cdn import PLACEHOLDER_PATH, not_found
from harvest.sandbox.encoding import CONTENT_TYPES, rendition, truncated
from harvest.sandbox.gallery import Gallery
from harvest.sandbox.posts import Drawing, Picture
from harvest.sandbox.skies import Sky, cid_of_picture, handles_of
from harvest.sandbox.styles import REMOVED
from harvest.sandbox.world import World

_HOME = "https://morel.pds.example"
_FULLSIZE = 1000  # pixels of the longest side
_OTHERS_BYTES = Picture("swapped00000000", Drawing(REMOVED, 1, 320, 240, ""))


class BlueskyBlobs:
    """DID documents, originals by their CID, and the CDN's JPEGs."""

    def __init__(self, world: World, gallery: Gallery) -> None:
        self._skies = world.skies
        self._gallery = gallery
        self._handles = handles_of(world.skies.values())
        self._blobs: dict[str, dict[str, Picture]] = {}

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get(r"/{did:did:plc:[^/]+}", self._document),
            web.get("/.well-known/did.json", self._web_document),
            web.get("/xrpc/com.atproto.sync.getBlob", self._blob),
            web.get("/img/{preset}/plain/{did}/{name}", self._cdn),
        ]

    async def _document(self, request: web.Request) -> web.Response:
        return self._told(request.match_info["did"])

    async def _web_document(self, request: web.Request) -> web.Response:
        return self._told(f"did:web:{request.host.partition(':')[0]}")

    def _told(self, did: str) -> web.Response:
        handle, sky = self._handles.get(did), self._sky(did)
        mood = sky.mood if sky is not None else ""
        if handle is None or mood == "homeless":
            return web.json_response({"message": f"DID not registered: {did}"}, status=404)
        home = "http://169.254.169.254" if mood == "closed" else _HOME
        service = {"type": "AtprotoPersonalDataServer", "serviceEndpoint": home}
        return web.json_response(
            {
                "@context": ["https://www.w3.org/ns/did/v1"],
                "id": did,
                "alsoKnownAs": [f"at://{handle}"],
                "service": [{"id": "#atproto_pds", **service}],
            }
        )

    async def _blob(self, request: web.Request) -> web.Response:
        did, cid = request.query.get("did", ""), request.query.get("cid", "")
        picture = self._picture(did, cid)
        if picture is None or picture.flaw in ("missing", "no_orig"):
            return refusal("BlobNotFound", 400, "Blob not found")
        sky = self._sky(did)
        if sky is not None and sky.mood == "wrong_blob" and cid == next(iter(self._blobs[did])):
            picture = _OTHERS_BYTES
        return await self._answer(picture, await self._gallery.file(picture))

    async def _cdn(self, request: web.Request) -> web.Response:
        cid, _, kind = request.match_info["name"].partition("@")
        picture = self._picture(request.match_info["did"], cid)
        if picture is None or picture.flaw == "missing" or kind not in ("", "jpeg"):
            return not_found()
        if picture.flaw in ("html", "empty"):
            return await self._answer(picture, await self._gallery.file(picture))
        whole = await self._gallery.file(replace(picture, flaw=""))
        data = await asyncio.to_thread(rendition, whole, _FULLSIZE, "jpg")
        data = truncated(data) if picture.flaw == "truncated" else data
        return await self._answer(replace(picture, form="jpeg"), data)

    async def _answer(self, picture: Picture, data: bytes) -> web.Response:
        if picture.flaw == "removed":
            return web.Response(status=302, headers={"Location": PLACEHOLDER_PATH})
        return web.Response(body=data, content_type=CONTENT_TYPES[picture.extension])

    def _sky(self, did: str) -> Sky | None:
        return self._skies.get(self._handles.get(did, ""))

    def _picture(self, did: str, cid: str) -> Picture | None:
        if did not in self._blobs and did in self._handles:
            posts = (one for sky in self._skies.values() for one in sky.posts if one.did == did)
            media = (medium.picture for one in posts for medium in one.post.media)
            self._blobs[did] = {cid_of_picture(picture): picture for picture in media}
        return self._blobs.get(did, {}).get(cid)
