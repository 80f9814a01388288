"""Posts, accounts and attachments as the API of Mastodon 4 gives them.

Entities: https://docs.joinmastodon.org/entities/Status/ and those that it names.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from harvest.sandbox.fediverse import Attachment, Member, Toot


def account(member: Member, instance: str) -> dict[str, Any]:
    """One account as an instance sees it."""
    found: dict[str, Any] = {
        "id": member.id_on(instance),
        "username": member.name,
        "acct": member.acct(instance),
        "display_name": member.name.capitalize(),
        "locked": False,
        "bot": False,
        "created_at": "2022-11-05T00:00:00.000Z",
        "url": f"https://{member.home}/@{member.name}",
        "uri": f"https://{member.home}/users/{member.name}",
        "statuses_count": len(member.toots),
    }
    if member.name == "suspended":
        found["suspended"] = True
    if member.name == "wandered":
        found["moved"] = found | {"acct": "settled@art.example", "username": "settled"}
    return found


def status(toot: Toot, instance: str) -> dict[str, Any]:
    """One post as an instance sees it."""
    author = Member(toot.author, toot.home)
    answers = {"self": author, "other": Member("someone", instance), "": None}[toot.answers]
    return {
        "id": toot.id_on(instance),
        "created_at": stamp(toot.at),
        "in_reply_to_id": str(int(toot.id_on(instance)) - (1 << 40)) if answers else None,
        "in_reply_to_account_id": answers.id_on(instance) if answers else None,
        "sensitive": toot.sensitive,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": toot.uri + ("/activity" if toot.boosts else ""),
        "url": f"https://{toot.home}/@{toot.author}/{toot.id_on(toot.home)}",
        "content": "<p>" + " ".join(f"#{tag}" for tag in toot.tags) + "</p>",
        "reblog": status(toot.boosts, instance) if toot.boosts else None,
        "account": account(author, instance),
        "media_attachments": [_attachment(one, toot, instance) for one in toot.attachments],
        "mentions": [],
        "tags": [{"name": tag, "url": f"https://{instance}/tags/{tag}"} for tag in toot.tags],
        "emojis": [],
        "card": None,
        "poll": None,
    }


def stamp(at: datetime) -> str:
    """Write a time as the API does."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _attachment(one: Attachment, toot: Toot, instance: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{instance} {one.path}".encode()).digest()
    number = str(10**17 + int.from_bytes(digest[:5]))
    there = instance != toot.home
    known = one.copied or not there
    url = (
        one.url(instance, toot.home)
        if known
        else f"https://{instance}/media_proxy/{number}/original"
    )
    width, height = one.picture.size
    return {
        "id": number,
        "type": one.kind if known else "unknown",
        "url": url,
        "preview_url": url.replace("/original/", "/small/") if known else None,
        "remote_url": one.url(toot.home, toot.home) if there else None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": {"original": {"width": width, "height": height}} if known else None,
        "description": one.alt,
        "blurhash": None,
    }
