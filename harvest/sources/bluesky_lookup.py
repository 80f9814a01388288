"""Which posts Bluesky's public API still shows, 25 a request; of the others, why.

https://docs.bsky.app/docs/api/app-bsky-feed-get-posts leaves out what it does not show, without a
word; what became of the account tells `app.bsky.actor.getProfile`, asked once an account.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harvest.ledger.errors import Outage
from harvest.ledger.standing import NO_LOOKUP, NOT_FOUND, Finding, PostRef, Stand
from harvest.sources.answer import line, parse, records, text
from harvest.sources.asking import Answer

LOOKUP_POSTS = 25
"""Addresses that one request takes at most."""

Query = Callable[[str, Sequence[tuple[str, str]]], Awaitable[Answer]]
"""Asks a method with parameters; raises what a refusal means, but for 400."""

_POST_ID = re.compile(
    r"(?P<did>did:[a-z]+:[A-Za-z0-9._:%-]{1,200})/(?P<key>[A-Za-z0-9._~:-]{1,512})"
)
_ACCOUNTS = {
    "AccountTakedown": Finding(Stand.HIDDEN, "suspended", "its account is suspended"),
    "AccountDeactivated": Finding(Stand.HIDDEN, "deactivated", "its owner has closed the account"),
}
_NO_ACCOUNT = Finding(Stand.DELETED, "no_such_account", "its account is gone")


@dataclass
class BlueskyLookup:
    """Looks posts up; remembers what became of accounts."""

    query: Query
    accounts: dict[str, Finding] = field(default_factory=dict)
    """DID -> what is true of its missing posts."""

    async def find(self, posts: Sequence[PostRef]) -> Mapping[str, Finding]:
        """Ask for posts."""
        named = {one.post_id: found for one in posts if (found := _POST_ID.fullmatch(one.post_id))}
        uris = [("uris", f"at://{n['did']}/app.bsky.feed.post/{n['key']}") for n in named.values()]
        shown = await self._shown(uris) if uris else set()
        findings = {one.post_id: Finding(Stand.UNKNOWN, NO_LOOKUP) for one in posts}
        for (post_id, parts), (_, uri) in zip(named.items(), uris, strict=True):
            findings[post_id] = (
                Finding(Stand.STANDS) if uri in shown else await self._why(parts["did"])
            )
        return findings

    async def _shown(self, uris: Sequence[tuple[str, str]]) -> set[str | None]:
        answer = await self.query("app.bsky.feed.getPosts", uris)
        listed = (parse(answer.body) or {}).get("posts")
        if answer.status != 200 or not isinstance(listed, list):
            raise Outage("bluesky: the API answered a look-up with no list of posts; try later")
        return {text(post.get("uri")) for post in records(listed)}

    async def _why(self, did: str) -> Finding:
        if did not in self.accounts:
            answer = await self.query("app.bsky.actor.getProfile", [("actor", did)])
            self.accounts[did] = _judge(answer)
        return self.accounts[did]


def _judge(answer: Answer) -> Finding:
    if answer.status == 200:
        return Finding(Stand.DELETED, NOT_FOUND)
    told = parse(answer.body) or {}
    code, words = line(told.get("error")), line(told.get("message"))
    if code in _ACCOUNTS:
        return _ACCOUNTS[code]
    if "not found" in words.lower():
        return _NO_ACCOUNT
    return Finding(Stand.UNKNOWN, "not_told", words or code)
