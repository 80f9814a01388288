"""Who is let in, and what strangers get."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from curate.page.security import Key, read_key, write_key

TOKEN = "t" * 43  # of the server that runs


@pytest.fixture
async def stranger(key):
    """A client without a token."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{key.port}") as session:
        yield session


PATHS = ("/", "/state", "/static/page.js", "/picture/tile/" + "0" * 64, "/nothing")


@pytest.mark.parametrize("path", PATHS)
async def test_without_the_token_nothing_is_told(stranger, path):
    """No address says anything to who has no token, nor whether it is there."""
    async with stranger.get(path) as answer:
        said = await answer.json()

    assert (answer.status, said["error"]) == (403, "token")


async def test_a_wrong_token_is_refused(stranger, key):
    """A token that is not the server's opens nothing, in the address or in the cookie."""
    async with stranger.get("/", params={"token": "x" * 43}, allow_redirects=False) as answer:
        first = answer.status
    async with stranger.get("/state", cookies={key.cookie: "é" * 43}) as answer:
        second = answer.status

    assert (first, second) == (403, 403)


@pytest.mark.parametrize("place", ["cookie", "address"])
async def test_a_token_that_is_no_text_is_refused(key, place, caplog):
    """Bytes that are no UTF-8 in the place of the token are a wrong token, no fault of ours.

    Nothing of it is printed on the terminal.
    """
    query, cookie = (b"", b"\xff\xfe") if place == "cookie" else (b"?token=%FF%FE\xff", b"")
    reader, writer = await asyncio.open_connection("127.0.0.1", key.port)
    host, name = f"127.0.0.1:{key.port}".encode(), key.cookie.encode()
    writer.write(
        b"GET /%b HTTP/1.1\r\nHost: %b\r\nCookie: %b=%b\r\n\r\n" % (query, host, name, cookie)
    )
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()

    assert status.split()[1] in (b"403", b"400")
    assert caplog.records == []


async def test_the_token_leaves_the_address(stranger, key):
    """The token in the address becomes a cookie that no script reads and no other site sends."""
    async with stranger.get(key.address, allow_redirects=False) as answer:
        cookie = answer.cookies[key.cookie]

    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie.value == TOKEN


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example:1", ""]
)
async def test_a_foreign_host_is_refused(browser, host):
    """A foreign name that was led to 127.0.0.1 (DNS rebinding) gets nothing."""
    async with browser.get("/state", headers={"Host": host}) as answer:
        said = await answer.json()

    assert (answer.status, said["error"]) == (403, "host")


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", None])
async def test_a_foreign_origin_is_refused(browser, origin):
    """What changes anything is taken from the page's own origin only."""
    headers = {} if origin is None else {"Origin": origin}
    async with browser.post("/ahead", json={"tab": "a", "count": 1}, headers=headers) as answer:
        said = await answer.json()

    assert (answer.status, said["error"]) == (403, "origin")


async def test_a_foreign_page_cannot_load_pictures(browser, pictures):
    """Another page in the same browser, whose requests carry the cookie, gets no picture."""
    path = f"/picture/tile/{pictures[0]}"
    async with browser.get(path, headers={"Sec-Fetch-Site": "same-site"}) as answer:
        refused = answer.status
    async with browser.get(path, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        own = answer.status

    assert (refused, own) == (403, 200)


@pytest.mark.parametrize(
    "path",
    [
        "/picture/tile/..%2f..%2fcatalog.sqlite",
        "/picture/tile/" + "A" * 64,
        "/picture/tile/" + "*" * 64,
        "/picture/huge/" + "0" * 64,
        "/picture/..%2f/" + "0" * 64,
        "/picture/tile/" + "0" * 64,
        "/static/..%2fserver.py",
        "/static/../server.py",
        "/static/",
        "/static/%00",
    ],
)
async def test_traversal_finds_nothing(browser, key, path):
    """Only hashes of pictures and names of the page's own files are answered."""
    async with browser.get(URL(f"http://127.0.0.1:{key.port}{path}", encoded=True)) as answer:
        status = answer.status

    assert status == 404


async def test_every_answer_is_locked_down(browser, pictures):
    """Pages, scripts, pictures and refusals carry the policy; none is stored, none is guessed."""
    for path in ("/", "/static/page.js", "/state", f"/picture/whole/{pictures[0]}", "/nothing"):
        async with browser.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]

        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Server"] == "winnow"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_page_holds_no_inline_script_and_loads_nothing_from_elsewhere():
    """Files of the page name no other host, build no markup from text, and have no handlers."""
    import curate.page

    for file in (Path(curate.page.__file__).parent / "static").iterdir():
        text = file.read_text(encoding="utf-8")

        assert "://" not in text
        assert "innerHTML" not in text and "eval(" not in text and " onclick=" not in text
        assert "<style" not in text and "style=" not in text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"tab": "a", "count": 1000}, 400),
        ({"tab": "a", "count": "1"}, 400),
        ({"tab": "a\n", "count": 1}, 400),
        ({"tab": "a" * 65, "count": 1}, 400),
        ({"tab": "a", "count": 1, "more": 1}, 400),
        ([], 400),
        ("[" * 20_000, 400),
        ("x" * 100_000, 413),
    ],
)
async def test_bodies_are_judged(browser, key, body, status):
    """A body that is too long, torn or says what nobody asked for is refused in one line."""
    headers = {"Origin": f"http://127.0.0.1:{key.port}", "Content-Type": "application/json"}
    text = body if isinstance(body, str) else json.dumps(body)
    async with browser.post("/ahead", data=text, headers=headers) as answer:
        said = await answer.json()

    assert answer.status == status
    assert said["detail"] and "\n" not in said["detail"]


async def test_a_form_is_no_json(browser, key):
    """What a form of a foreign page could send is not read."""
    headers = {"Origin": f"http://127.0.0.1:{key.port}", "Content-Type": "text/plain"}
    async with browser.post("/ahead", data='{"tab":"a","count":1}', headers=headers) as answer:
        status = answer.status

    assert status == 415


def test_the_key_lives_over_a_restart(tmp_path):
    """The next server has the token and the port of the last; nobody else may read the file."""
    path = tmp_path / ".page"
    fresh = read_key(path)
    write_key(path, Key(fresh.token, 8377))

    assert read_key(path) == Key(fresh.token, 8377)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert fresh.token not in repr(fresh)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"token": "short", "port": 1}', '{"token": 1}'])
def test_a_torn_key_is_made_anew(tmp_path, text):
    """A key file that is none of ours opens nothing: there is a new token."""
    path = tmp_path / ".page"
    path.write_text(text)
    path.chmod(0o600)
    key = read_key(path)

    assert len(key.token) == 43 and key.port == 0


def test_a_key_that_others_could_read_is_made_anew(tmp_path):
    """A token that other users of the machine may have read is not used again."""
    path = tmp_path / ".page"
    write_key(path, Key(TOKEN, 8377))
    path.chmod(0o644)

    assert read_key(path).token != TOKEN
