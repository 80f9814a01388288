"""Bluesky's look-ups: `app.bsky.feed.getPosts` and `app.bsky.actor.getProfile`.

https://docs.bsky.app/docs/api/app-bsky-feed-get-posts: what is not shown is left out, unsaid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from harvest.sandbox.skies import SkyPost, did_of, handles_of
from harvest.sandbox.sky_views import post_view
from harvest.sandbox.world import World

_MOST = 25
_UNSEEN = ("takedown", "deactivated")

Refuse = Callable[..., web.Response]


class SkyLookup:
    """Knows every post by its address; `refuse` makes errors in the shape of XRPC."""

    def __init__(self, world: World, refuse: Refuse) -> None:
        self._refuse = refuse
        self._handles = handles_of(world.skies.values())
        self._moods = {did_of(sky.handle): sky.mood for sky in world.skies.values()}
        self._known = {did_of(sky.handle) for sky in world.skies.values()}
        self._posts: dict[str, SkyPost] = {
            one.uri: one for sky in world.skies.values() for one in sky.posts
        }

    def posts(self, request: web.Request) -> web.Response:
        """Up to 25 posts by their addresses."""
        uris = request.query.getall("uris", [])
        if not 1 <= len(uris) <= _MOST or not all(uri.startswith("at://") for uri in uris):
            return self._refuse("InvalidRequest", 400, "Error: uris must be 1 to 25 at-uris")
        shown = [self._posts[uri] for uri in uris if uri in self._posts]
        seen = [one for one in shown if self._moods.get(one.did) not in _UNSEEN]
        return web.json_response({"posts": [post_view(one) for one in seen]})

    def profile(self, request: web.Request) -> web.Response:
        """An account by its DID or handle."""
        actor = request.query.get("actor", "")
        did = actor if actor.startswith("did:") else did_of(actor)
        match self._moods.get(did):
            case "takedown":
                return self._refuse("AccountTakedown", 400, "Account has been suspended")
            case "deactivated":
                return self._refuse("AccountDeactivated", 400, "Account is deactivated")
        if did not in self._known:
            return self._refuse("InvalidRequest", 400, "Profile not found")
        told: dict[str, Any] = {"did": did, "handle": self._handles[did], "postsCount": 1}
        return web.json_response(told)
