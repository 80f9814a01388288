"""The server of an account, read from what a stranger wrote."""

import json

import pytest
from aiohttp import web

from harvest.sources.bluesky_homes import Homes, home_of

DID = "did:plc:abcdefghijklmnopqrstuvwx"


def document(endpoint: object, **other: object) -> bytes:
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer"}
    told = {"id": DID, "service": [{**service, "serviceEndpoint": endpoint}]}
    return json.dumps(told | other).encode()


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        ("https://morel.us-east.host.bsky.network", "https://morel.us-east.host.bsky.network"),
        ("https://pds.example/", "https://pds.example"),
        ("https://pds.example:8443", "https://pds.example:8443"),
        ("http://pds.example", None),
        ("https://pds.example/path", None),
        ("https://pds.example?x", None),
        ("https://name:word@pds.example", None),
        ("https://pds.example:0", None),
        ("https://pds.example:99999", None),
        ("https://[::1]", None),
        ("file:///etc/passwd", None),
        ("https://pds.example\n.evil.example", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_only_an_https_origin_is_taken(endpoint: object, origin: str | None) -> None:
    """Scheme https, a host, perhaps a port; no path, no name, nothing else."""
    assert home_of(document(endpoint), DID) == origin


@pytest.mark.parametrize(
    "torn",
    [
        b"",
        b"[]",
        b"<html>",
        document("https://a.example", id="did:plc:somebodyelse"),
        document("https://a.example", service={"id": "#atproto_pds"}),
        document("https://a.example", service=[{"id": "#atproto_labeler"}]),
        document("https://a.example", service=[7, None, "x"]),
    ],
)
def test_other_documents_name_no_server(torn: bytes) -> None:
    """Torn ones, other people's, and those without such a service."""
    assert home_of(torn, DID) is None


@pytest.mark.parametrize(
    ("did", "path", "host"),
    [
        (DID, f"/{DID}", "plc.directory"),
        ("did:web:a-b.example", "/.well-known/did.json", "a-b.example"),
        ("did:web:a.example:users:bob", None, None),
        ("did:web:localhost", None, None),
        ("did:web:127.0.0.1%3A80", None, None),
        ("did:key:zabc", None, None),
        ("did:plc:short", None, None),
        ("did:plc:../../../../../../../..x", None, None),
    ],
)
async def test_where_an_account_is_looked_up(
    serve, open_access, did: str, path: str | None, host: str | None
) -> None:
    """`plc` at the directory, `web` at its own host; anything else is not asked for."""
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, request.host))
        return web.Response(body=document("https://pds.example", id=did))

    async with open_access(await serve(answer)) as access:
        homes = Homes(access)
        failed = await homes.find([did, did], "bluesky:x")
        await homes.find([did], "bluesky:x")

    assert failed == 0
    assert asked == ([(path, host)] if path else [])
    assert homes.blob(did, "bafk") == (
        f"https://pds.example/xrpc/com.atproto.sync.getBlob?did={did}&cid=bafk" if path else None
    )


async def test_what_fails_for_now_is_asked_again(serve, open_access) -> None:
    """503 and 429 are remembered by nobody; 404 is."""
    statuses = [503, 429, 404, 200]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=statuses.pop(0), body=document("https://pds.example"))

    async with open_access(await serve(answer)) as access:
        homes = Homes(access)
        failed = [await homes.find([DID], "bluesky:x") for _ in range(4)]

    assert failed == [1, 1, 0, 0]
    assert statuses == [200]
    assert homes.blob(DID, "bafk") is None
