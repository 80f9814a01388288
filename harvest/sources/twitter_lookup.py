"""Which posts the X API still shows, a hundred ids a request.

https://docs.x.com/x-api/posts/get-posts-by-ids; what is missing stands in `errors`, by its id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harvest.ledger.purse import Purse
from harvest.ledger.standing import NO_LOOKUP, NOT_FOUND, Finding, PostRef, Stand
from harvest.sources.answer import Record, line, number, record, records, text
from harvest.sources.lookup import Looked, sweep_target
from harvest.sources.twitter_client import Client
from harvest.sources.twitter_reach import delivered

LOOKUP_POSTS = 100
"""Ids that one request takes at most."""

_ID = re.compile(r"[0-9]{1,19}")


async def look_up(
    client: Client, posts: Sequence[PostRef], purse: Purse, *, user_auth: bool
) -> Looked:
    """Ask for posts by id. Raises what `Client.ask` and `Purse.hold` raise."""
    found = {
        post.post_id: Finding(Stand.UNKNOWN, NO_LOOKUP)
        for post in posts
        if not _ID.fullmatch(post.post_id)
    }
    ids = [post.post_id for post in posts if post.post_id not in found]
    if not ids:
        return Looked(found)
    answer, _ = await client.ask(
        target := sweep_target("twitter"),
        lambda asking: asking.get_tweets(ids, tweet_fields="withheld", user_auth=user_auth),
        purse.hold(target, posts=len(ids)),
    )
    return Looked(found | read_lookup(answer, ids), delivered(answer)[0])


def read_lookup(answer: Record, ids: Sequence[str]) -> dict[str, Finding]:
    """Read what an answer says of each id."""
    told: dict[str, Finding] = {}
    for fault in records(answer.get("errors")):
        post_id = _id_of(fault, "resource_id") or _id_of(fault, "value")
        if post_id is not None:
            told[post_id] = _judge(fault)
    for post in records(answer.get("data")):
        post_id = _id_of(post, "id")
        if post_id is not None:
            told[post_id] = _withheld(record(post.get("withheld"))) or Finding(Stand.STANDS)
    nothing = Finding(Stand.UNKNOWN, "not_told", "the answer has no word on it")
    return {post_id: told.get(str(int(post_id)), nothing) for post_id in ids}


def _id_of(thing: Record, key: str) -> str | None:
    value = number(thing.get(key))
    return str(value) if value is not None else None


def _withheld(told: Record) -> Finding | None:
    """A post that nobody may see; one that is withheld in some countries stands."""
    if told.get("copyright") is True:
        return Finding(Stand.HIDDEN, "withheld", "withheld after a complaint")
    return None


def _judge(fault: Record) -> Finding:
    kind = (text(fault.get("type")) or "").rpartition("/")[2]
    said = line(fault.get("detail") or fault.get("title"))
    # Some suspended accounts are told as "not found", and in words only.
    if "suspended" in said.lower():
        return Finding(Stand.HIDDEN, "suspended", said)
    if kind == "not-authorized-for-resource":
        return Finding(Stand.HIDDEN, "protected", said)
    if kind == "resource-not-found":
        return Finding(Stand.DELETED, NOT_FOUND, said)
    return Finding(Stand.UNKNOWN, "not_told", said)
