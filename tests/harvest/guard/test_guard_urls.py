from __future__ import annotations

import pytest

from harvest.guard.urls import MAX_URL, BadUrl, origin_of, parse_url

BAD = {
    "no address": "pictures/a.jpg",
    "a relative one": "//example.com/a.jpg",
    "a file": "file:///etc/passwd",
    "another scheme": "ftp://example.com/a.jpg",
    "javascript": "javascript:alert(1)",
    "data": "data:image/png;base64,AAAA",
    "no host": "http:///a.jpg",
    "dots for a host": "http://../a.jpg",
    "an empty label": "http://a..b/x.jpg",
    "a dot in front": "http://.a/x.jpg",
    "a label of 64": f"http://{'a' * 64}.com/x.jpg",
    "a host of 254": f"http://{'a.' * 126}aa/x.jpg",
    "colons only": "http://[:::]/x.jpg",
    "a blank": "http://example.com/a b.jpg",
    "a tab": "http://example.com/\ta.jpg",
    "a line break": "http://example.com/a\r\nX: 1",
    "a backslash": "http://example.com\\@127.0.0.1/",
    "NUL": "http://example.com/\0",
    "a name": "http://user@example.com/a.jpg",
    "a password": "http://user:word@example.com/a.jpg",
    "port 0": "http://example.com:0/a.jpg",
    "port 70000": "http://example.com:70000/a.jpg",
    "a torn bracket": "http://[::1/a.jpg",
    "too long": "http://example.com/" + "a" * MAX_URL,
    "nothing": "",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad(text: str) -> None:
    """What is no plain http or https address is told so before any packet leaves."""
    with pytest.raises(BadUrl) as caught:
        parse_url(text)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "http://pbs.twimg.com/media/C-03yyhW0AAZOaK.jpg",
        "https://example.com/a,b;c%20d%2Fe?x=%41&y=a+b",
        "http://example.com:8080/%7Euser/",
        "http://[2606:4700::1111]/a.jpg",
        f"http://{'a' * 63}.com/a.jpg",
        "http://example.com./a.jpg",
    ],
)
def test_verbatim(text: str) -> None:
    """What is ASCII is asked for as it stands, no escape added or undone."""
    url = parse_url(text)

    assert str(url) == text


def test_foreign_host() -> None:
    """A host in another script is asked by its ASCII name."""
    url = parse_url("https://bücher.example/ä.jpg")

    assert url.raw_host == "xn--bcher-kva.example"
    assert url.raw_path == "/%C3%A4.jpg"


def test_origin_has_one_spelling() -> None:
    """Two spellings of a place share one gate and one endpoint."""
    plain, spelt = parse_url("http://Example.com/a"), parse_url("http://example.com:80/b")

    assert origin_of(plain) == origin_of(spelt) == "http://example.com:80"
