"""Where the originals of a Bluesky account lie: its server, as its DID document names it.

`did:plc:…` is looked up at https://plc.directory (https://web.plc.directory/spec/v0.1/did-plc),
`did:web:HOST` at the host itself (https://w3c-ccg.github.io/did-method-web/). A document is what a
stranger wrote: only an `https://host` is taken from it, and the guard decides whether that may be
asked.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from harvest.ledger.errors import Outage
from harvest.sources.answer import parse, records, text
from harvest.sources.asking import Bounds, ask
from harvest.sources.cid import BLOB_PATH
from harvest.sources.protocol import Access

DIRECTORY = "https://plc.directory"

_PLC = re.compile(r"did:plc:[a-z2-7]{24}")
_WEB = re.compile(r"did:web:(?P<host>(?=.{1,253}$)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)")
_ORIGIN = re.compile(r"https://[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*(?::[0-9]{1,5})?/?")
_BOUNDS = Bounds(seconds=20, n_bytes=200_000)
_AT_ONCE = 8
_MOST_FAILURES = 3  # in a row: then the directory has no time for us
_MOST_KEPT = 20_000  # accounts; a feed can show any number


class Homes:
    """The servers of accounts, each account looked up once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known: dict[str, str | None] = {}

    async def find(self, dids: Iterable[str], who: str) -> int:
        """Look up the servers of accounts; returns for how many that failed for now.

        `who` is the target, for nobody but the request's own words.
        """
        todo = [did for did in dict.fromkeys(dids) if did not in self._known]
        failed: list[str] = []
        in_a_row = 0
        turn = asyncio.Semaphore(_AT_ONCE)

        async def find_one(did: str) -> None:
            nonlocal in_a_row
            async with turn:
                if in_a_row >= _MOST_FAILURES:
                    failed.append(did)
                    return
                try:
                    self._known[did] = await self._look_up(did, who)
                except Outage:
                    in_a_row += 1
                    failed.append(did)
                else:
                    in_a_row = 0

        async with asyncio.TaskGroup() as tasks:
            for did in todo:
                tasks.create_task(find_one(did))
        return len(failed)

    def forget(self) -> None:
        """Make room: drop the accounts found first when there are too many."""
        for did in list(self._known)[: max(0, len(self._known) - _MOST_KEPT)]:
            del self._known[did]

    def blob(self, did: str, cid: str) -> str | None:
        """The address of an original; None when its server is not known."""
        home = self._known.get(did)
        return f"{home}{BLOB_PATH}?did={did}&cid={cid}" if home is not None else None

    async def _look_up(self, did: str, who: str) -> str | None:
        """The server of an account, None when it has none. Raises Outage."""
        web = _WEB.fullmatch(did)
        if web is not None:
            url = f"https://{web['host']}/.well-known/did.json"
        elif _PLC.fullmatch(did):
            url = f"{DIRECTORY}/{quote(did, safe=':')}"
        else:
            return None
        answer = await ask(self._access, url, who=who, bounds=_BOUNDS)
        if answer.status == 429 or answer.status >= 500:
            raise Outage(f"{who}: {url} answered {answer.status}; try later")
        return home_of(answer.body, did) if answer.status == 200 else None


def home_of(document: bytes, did: str) -> str | None:
    """The origin of the server that a DID document names; None when it names none we may ask."""
    read = parse(document)
    if read is None or read.get("id") != did:
        return None
    for service in records(read.get("service")):
        if service.get("id") not in ("#atproto_pds", f"{did}#atproto_pds"):
            continue
        origin = text(service.get("serviceEndpoint")) or ""
        if not _ORIGIN.fullmatch(origin):
            return None
        try:
            return origin.rstrip("/") if urlsplit(origin).port != 0 else None
        except ValueError:  # a port over 65535
            return None
    return None
