"""Secrets of a whole run stand in nothing that it prints, logs or leaves on the disk."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, quote_plus

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from harvest.guard.outside import Outside
from harvest.ledger.lists.given import GivenList
from harvest.ledger.records import Target
from harvest.ledger.settings_values import Proxy, Secret
from harvest.run.job import Job
from harvest.sandbox.keys import BEARER, TUMBLR_KEY
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.urllist import UrlList

SECRETS = {
    "TWITTER_BEARER_TOKEN": "bearer/MARK+one=%",
    "TUMBLR_CONSUMER_KEY": "tumblr/MARK+two=%",
    "WINNOW_PROXY_CREDENTIALS": "ada:proxy/MARK+three=%",
}
# The user who wants to see everything: all loggers at DEBUG, tracebacks with all variables.
WATCHFUL = """
import logging, sys, traceback
import aiohttp, oauthlib.oauth1, pytumblr, requests, tweepy.asynchronous, urllib3.connectionpool
logging.basicConfig(level=logging.DEBUG)
for name in list(logging.root.manager.loggerDict):
    logging.getLogger(name).setLevel(logging.DEBUG)
def show(kind, error, trace):
    shown = traceback.TracebackException(kind, error, trace, capture_locals=True)
    print("".join(shown.format()), file=sys.stderr)
sys.excepthook = show
import harvest.sources.BROKEN as broken
def stumble(*_):
    raise ZeroDivisionError("a bug")
if hasattr(broken, "PARSE"):
    broken.PARSE = stumble
import winnow
sys.exit(winnow.main(sys.argv[1:]))
"""
CONFIG = """
dataset: {dataset}
targets:
  - twitter: ada_artist
  - tumblr: inkblog/comic
proxy: {{url: "http://127.0.0.1:9", credentials: WINNOW_PROXY_CREDENTIALS}}
endpoints:
  https://api.x.com: {url}
  https://api.twitter.com: {url}
  https://pbs.twimg.com: {url}
  https://api.tumblr.com: {url}
  https://64.media.tumblr.com: {url}
"""


def forms() -> set[bytes]:
    """Spellings of the secrets: plain, quoted, in base64 behind anything."""
    found = set()
    for value in SECRETS.values():
        found |= {value, quote(value), quote(value, safe=""), quote_plus(value)}
        for before in range(3):
            found.add(b64encode(b"x" * before + value.encode())[4:-4].decode())
    return {form.encode() for form in found}


def leaks(*texts: bytes) -> set[bytes]:
    return {form for form in forms() for text in texts if form in text}


@pytest.fixture
async def relay():
    """The sandbox behind a server that takes these secrets and no others; what it was sent."""
    sent: list[bytes] = []

    async def pass_on(request: web.Request) -> web.Response:
        bearer, key = request.headers.get("Authorization"), request.query.get("api_key")
        sent.append(f"{bearer} {request.path_qs}".encode())
        query = dict(request.query)
        headers = {}
        if bearer == f"Bearer {SECRETS['TWITTER_BEARER_TOKEN']}":
            headers["Authorization"] = f"Bearer {BEARER}"
        if key == SECRETS["TUMBLR_CONSUMER_KEY"]:
            query["api_key"] = TUMBLR_KEY
        url = f"{sandbox.url}{request.path}"
        async with aiohttp.request("GET", url, params=query, headers=headers) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.startswith(("X-", "x-"))}
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                headers=kept,
                content_type=answer.content_type,
            )

    application = web.Application()
    application.router.add_get("/{path:.*}", pass_on)
    world = World.build(pictures=4, blog="inkblog")
    async with Sandbox(world) as sandbox, TestServer(application) as server:
        yield f"http://127.0.0.1:{server.port}", sent


async def run_winnow(folder: Path, url: str, broken: str, parse: str) -> tuple[int, bytes, bytes]:
    """The real command line in a process of its own, in Python's development mode."""
    import asyncio

    config = folder / "comics.yaml"
    config.write_text(CONFIG.format(dataset=folder / "set", url=url))
    script = WATCHFUL.replace("BROKEN", broken).replace("PARSE", parse)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", script, "harvest", "run", str(config)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=os.environ | SECRETS | {"PYTHONDEVMODE": "1"},
    )
    out, err = await process.communicate()
    return process.returncode or 0, out, err


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


async def test_good_run(relay, tmp_path: Path) -> None:
    """A run that goes through tells nothing, though everybody listens."""
    url, sent = relay
    code, out, err = await run_winnow(tmp_path, url, "tumblr", "no_such_name")

    assert code == 0, err.decode()[-2000:]
    assert b"DEBUG" in err
    assert len(leaks(*sent)) >= 2
    assert len(list((tmp_path / "set").rglob("raw/*/*"))) > 1
    assert not leaks(out, err, *files(tmp_path))


@pytest.mark.parametrize(
    ("broken", "parse"),
    [("tumblr", "unwrap"), ("twitter", "parse_timeline")],
)
async def test_bug(relay, tmp_path: Path, broken: str, parse: str) -> None:
    """A bug ends the run with a traceback; with every variable in it there is no secret."""
    url, _ = relay
    code, out, err = await run_winnow(tmp_path, url, broken, parse)

    assert code == 1
    assert b"ZeroDivisionError: a bug" in err
    assert b"    self = " in err
    assert not leaks(out, err, *files(tmp_path))


async def test_proxy(gather, still, tmp_path: Path, caplog) -> None:
    """A proxy gets its credentials; the run's notes, logs and files do not."""
    sent: list[bytes] = []

    async def answer(request: web.Request) -> web.Response:
        sent.append(request.headers["Proxy-Authorization"].encode())
        return web.Response(status=404)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)

    caplog.set_level(logging.DEBUG)
    log = tmp_path / "urls_comic.log"
    log.write_text("http://pictures.example/a.jpg\nhttp://127.0.0.1/b.jpg\n")
    async with TestServer(application) as server:
        secret = Secret(SECRETS["WINNOW_PROXY_CREDENTIALS"])
        job = Job(
            tmp_path / "set",
            (Target("urls", "comic", label="comic"),),
            sources={"urls": UrlList({"comic": [GivenList(log)]})},
            outside=Outside(proxy=Proxy(f"http://127.0.0.1:{server.port}", secret)),
            clock=still.clock,
        )
        outcomes, summary = await gather(job)
    reasons = [outcome.reason for outcome in outcomes]

    assert sorted(reasons) == ["blocked_address", "http_404"]
    assert any("a loopback address 1" in line for line in summary.why())
    assert len(sent) == 1
    assert leaks(*sent)
    assert [note for note in summary.notes if note.startswith("proxy ")] == [job.outside.note]
    told = f"{caplog.text}{summary}{summary.record()}{job}".encode()
    assert not leaks(told, *files(tmp_path / "set"))
