"""Credentials go to the API that they are for, and into nothing that people can read."""

from __future__ import annotations

import logging
import traceback
from base64 import b64encode
from urllib.parse import quote, quote_plus

import pytest
from aiohttp import web

from harvest.ledger.errors import WinnowError
from harvest.ledger.records import Target, Walk
from harvest.ledger.settings import Secret
from harvest.sources.protocol import Access, Source
from harvest.sources.tumblr import Tumblr
from harvest.sources.twitter import Twitter

BEARER = {"bearer_token": "bearer/MARK+one=%"}
OAUTH = {
    "consumer_key": "consumer/MARK+two=%",
    "consumer_secret": "secret/MARK+three=%",
    "access_token": "access/MARK+four=%",
    "access_token_secret": "hidden/MARK+five=%",
}
TUMBLR = {"consumer_key": "tumblr/MARK+six=%"}
CASES = {
    "bearer": (Twitter, "twitter:ada_artist", BEARER),
    "oauth": (Twitter, "twitter:ada_artist", OAUTH),
    "tumblr": (Tumblr, "tumblr:webcomic", TUMBLR),
}
cases = pytest.mark.parametrize("case", CASES)


def forms(secrets: dict[str, str]) -> set[str]:
    """Spellings of secrets that a reader could find: plain, quoted, in base64."""
    found = set()
    for value in secrets.values():
        found |= {value, quote(value), quote(value, safe=""), quote_plus(value)}
        # A text's base64 depends on what stands before it: the middle of each of three phases.
        for before in range(3):
            found.add(b64encode(b"x" * before + value.encode())[4:-4].decode())
    return found


def leaks(text: str, secrets: dict[str, str]) -> set[str]:
    return {form for form in forms(secrets) if form in text}


def show(error: BaseException) -> str:
    """A traceback with the variables of all frames, but for those of these tests."""
    todo: list[traceback.TracebackException | None] = [
        traceback.TracebackException.from_exception(error, capture_locals=True)
    ]
    for shown in todo:
        if shown is not None:
            kept = [frame for frame in shown.stack if frame.filename != __file__]
            shown.stack = traceback.StackSummary.from_list(kept)
            todo += [shown.__cause__, shown.__context__]
    assert todo[0] is not None
    text = "".join(todo[0].format())
    assert " self = " in text or "    access = " in text
    return text


async def walk(kind: type[Source], key: str, access: Access) -> None:
    source = kind.open(access)
    assert not leaks(repr(source) + repr(access), {k: s.reveal() for k, s in secrets_of(access)})
    _, _, name = key.partition(":")
    async for _ in source.pages(Target(source.name, name), Walk()):
        pass


def secrets_of(access: Access) -> list[tuple[str, Secret]]:
    return [(kind, secret) for kind, secret in access.credentials.items() if secret is not None]


@pytest.fixture
def everything(caplog):
    """All loggers at DEBUG, also those that were told to be quieter."""
    import oauthlib.oauth1
    import pytumblr
    import tweepy.asynchronous
    import urllib3.connectionpool

    assert all((oauthlib.oauth1, pytumblr, tweepy.asynchronous, urllib3.connectionpool))
    caplog.set_level(logging.DEBUG)
    before = {}
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        before[logger] = logger.level
        logger.setLevel(logging.DEBUG)
    yield caplog
    for logger, level in before.items():
        logger.setLevel(level)


@cases
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(case, status, serve, open_access) -> None:
    """An API that sends us elsewhere is an error; whoever waits there is never asked."""
    kind, key, secrets = CASES[case]
    there: list[str] = []
    here: list[str] = []

    async def wait(request: web.Request) -> web.Response:
        there.append(request.path_qs)
        return web.json_response({})

    elsewhere = await serve(wait)

    async def send_away(request: web.Request) -> web.Response:
        here.append(request.path_qs)
        return web.Response(status=status, headers={"Location": f"{elsewhere}/caught"})

    async with open_access(await serve(send_away), secrets) as access:
        with pytest.raises(WinnowError):
            await walk(kind, key, access)

    assert len(here) == 1
    assert there == []


@cases
@pytest.mark.parametrize("status", [200, 401, 403, 429, 500, "torn"])
async def test_no_leak(case, status, serve, open_access, everything) -> None:
    """No error's text, traceback with all its variables, or log line at DEBUG shows a secret."""
    kind, key, secrets = CASES[case]

    async def refuse(request: web.Request) -> web.StreamResponse:
        asked.append(f"{request.path_qs} {request.headers.get('Authorization', '')}")
        if status == "torn":
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=200 if status == "torn" else status, text="<html>no</html>")

    asked: list[str] = []
    async with open_access(await serve(refuse), secrets) as access:
        with pytest.raises(WinnowError) as caught:
            await walk(kind, key, access)
    text = show(caught.value)
    # The server's own log is not ours to keep clean.
    told = [r.getMessage() for r in everything.records if r.name != "aiohttp.access"]

    assert leaks("".join(asked), secrets)
    assert not leaks(text, secrets)
    assert not leaks("".join(told), secrets)


@cases
@pytest.mark.parametrize("status", [200, 400, 403, 404, 500])
async def test_echo(case, status, serve, open_access) -> None:
    """What an API repeats of our keys in its errors is shown as `***`, also across the cut."""
    kind, key, secrets = CASES[case]

    async def echo(request: web.Request) -> web.Response:
        sent = request.headers.get("Authorization", "") + request.query.get("api_key", "")
        told = f"{sent} {request.query_string} {' '.join(forms(secrets) - encoded(secrets))}"
        long = "x" * 190 + told
        error = {"detail": told, "title": long, "message": told, "code": 7}
        answer = {"errors": [error], "title": long, "meta": {"msg": told}, "response": long}
        if status == 200:
            answer = {"errors": [error], "meta": {"status": 404, "msg": told}}
        return web.json_response(answer, status=status)

    async with open_access(await serve(echo), secrets) as access:
        with pytest.raises(WinnowError) as caught:
            await walk(kind, key, access)
    text = str(caught.value)

    assert "***" in text
    assert "MARK" not in text


def encoded(secrets: dict[str, str]) -> set[str]:
    """The spellings in base64."""
    return {form for form in forms(secrets) if "MARK" not in form}


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("tumblr.unwrap", "tumblr"),
        ("tumblr_client.TumblrAnswer", "tumblr"),
        ("twitter_client.judge", "bearer"),
        ("twitter_client.judge", "oauth"),
    ],
)
async def test_bug(name, case, serve, open_access, monkeypatch) -> None:
    """A bug's traceback, with the variables of every frame, shows no secret either."""
    kind, key, secrets = CASES[case]

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=500)

    def stumble(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(f"harvest.sources.{name}", stumble)
    async with open_access(await serve(refuse), secrets) as access:
        with pytest.raises(ZeroDivisionError) as caught:
            await walk(kind, key, access)
    if case == "oauth":  # its keys are names, sent in the clear; the signer's repr shows them
        secrets = {kind: value for kind, value in secrets.items() if "secret" in kind}

    assert not leaks(show(caught.value), secrets)


@cases
async def test_unfit_key(case, open_access) -> None:
    """A key that cannot be sent is named by its variable; its frames show nothing of it."""
    kind, _, secrets = CASES[case]
    torn = {name: f"{value} torn" for name, value in secrets.items()}
    async with open_access("http://127.0.0.1:1", torn) as access:
        with pytest.raises(WinnowError) as caught:
            kind.open(access)

    assert not leaks(show(caught.value), secrets)
