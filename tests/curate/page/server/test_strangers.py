"""Every question of the page's server, asked by strangers; and texts that would be scripts."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import aiohttp
import pytest

from curate.page.pictures import Pictures
from curate.page.security import Key
from curate.page.server import Page, Title, find_in
from curate.page.values import Review, Stack

SCRIPT = "<img src=x onerror=document.title='owned'>"


FOREIGN = """
<img id=one src="OWN/picture/tile/SHOWN"><iframe src="OWN/"></iframe>
<script>
  const body = JSON.stringify({client: "c", tab: "t", shown: "look-LOOK", choice: "junk"});
  const ask = ([type, mode]) => fetch("OWN/answer", {
    method: "POST", mode, body, credentials: "include", headers: {"Content-Type": type},
  }).catch(() => null);
  Promise.all([["text/plain", "no-cors"], ["application/json", "cors"]].map(ask)).then(() => {
    document.body.dataset.over = "yes";
  });
</script>
"""


@pytest.fixture
def questions(folder):
    """Path of everything that the server is asked by POST."""
    pictures = Pictures(find_in(folder), folder.reports / "page-pictures")
    routes = Page(lambda: None, pictures, Title("comics", "ada")).app(Key("t" * 43, 1)).router
    pictures.close()
    return sorted({r.resource.canonical for r in routes.routes() if r.method == "POST"})


@pytest.fixture
def each(browser, questions):
    """Asks every question as it is told to; gives path, status and what was said."""

    async def ask(**how):
        found = []
        for path in questions:
            async with browser.post(path, **how) as answer:
                found.append((path, answer.status, await answer.json()))
        return found

    return ask


async def test_every_question_wants_the_token(key, questions):
    """Without the cookie no question reaches the engine, whatever its origin says."""
    own = {"Origin": f"http://127.0.0.1:{key.port}"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{key.port}") as stranger:
        for path in questions:
            async with stranger.post(path, json={"tab": "t"}, headers=own) as answer:
                assert (answer.status, (await answer.json())["error"]) == (403, "token")
    assert len(questions) >= 8


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Origin": "http://evil.example"}, "origin"),
        ({"Origin": "null"}, "origin"),
        ({}, "origin"),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, "host"),
        ({"Sec-Fetch-Site": "same-site"}, "origin"),
    ],
)
async def test_every_question_wants_the_page_itself(each, key, listed, headers, error):
    """Another page in the person's own browser, whose requests carry the cookie, is refused."""
    if "Sec-Fetch-Site" in headers:
        headers = headers | {"Origin": f"http://127.0.0.1:{key.port}"}
    found = await each(json={"tab": "t"}, headers=headers)

    assert all((status, said["error"]) == (403, error) for _, status, said in found)
    assert listed.taken == [] and listed.steps == [] and listed.left == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"[" * 30_000, 400),
        (b'{"tab": {"$gt": ""}, "begin": [], "client": 1}', 400),
        (b'{"tab": "t", "client": "c", "begin": "yes", "more": 1}', 400),
        (b'{"tab": "%s"}' % (b"t" * 70_000), 413),
    ],
)
async def test_every_question_judges_its_body(each, key, listed, body, status):
    """Garbage, wrong types, unknown keys and floods are refused in one line and change nothing."""
    headers = {"Origin": f"http://127.0.0.1:{key.port}", "Content-Type": "application/json"}
    found = await each(data=body, headers=headers)

    assert {told for _, told, _ in found} == {status}
    assert all("\n" not in said["detail"] and len(said["detail"]) < 200 for _, _, said in found)
    assert listed.taken == [] and listed.steps == [] and listed.left == []


def test_labels_and_words_are_text_only(chromium, person, serve, listed):
    """A script in a label, or in what a file name or a tag brings to the list, never runs."""
    state = listed.state
    listed.state = lambda: replace(state(), labels=(SCRIPT, "no_comic"))
    row = Review(
        "conflict", Stack(listed.pictures[0], listed.pictures[:1]), SCRIPT, SCRIPT, 1, SCRIPT
    )
    listed.review = lambda: [row]
    with serve() as key:
        there = person(key.address)
        there.sees()
        button = chromium.find_element("css selector", "#actions .label span").text
        there.label("f")
        chromium.find_element("id", "to-review").click()
        there.wait(lambda: SCRIPT in there.text("review"))
        chromium.find_element("id", "to-quality").click()
        owned = chromium.find_elements("css selector", "img[src='x'], script:not([src])")
        title, complaints = chromium.title, there.complaints()

    assert button == SCRIPT
    assert owned == [] and complaints == []
    assert "owned" not in title


@contextmanager
def elsewhere(page):
    """Another page on another port of this machine; gives its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{other.server_port}/"
        other.shutdown()
        thread.join()


def test_a_foreign_page_reaches_nothing(chromium, person, serve, listed):
    """A page of another origin in the browser that holds the cookie says and sees nothing."""
    with serve() as key:
        own = f"http://127.0.0.1:{key.port}"
        there = person(key.address)
        shown = there.sees()
        page = FOREIGN.replace("OWN", own).replace("SHOWN", shown).replace("LOOK", shown[:8])
        with elsewhere(page) as address:
            there.driver.get(address)
            there.wait(lambda: there.data("over"))
            width = chromium.execute_script("return document.getElementById('one').naturalWidth")
            inside = chromium.execute_script("return window.frames[0].length")

    assert listed.taken == []
    assert width == 0 and inside == 0
