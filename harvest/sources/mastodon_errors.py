"""What an instance means when it does not answer with posts, and where it says the next page is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import parse_qs, urljoin, urlsplit

from harvest.ledger.errors import AccountError, Outage, RateLimited, WinnowError
from harvest.sources.answer import address, line, moment, record, text
from harvest.sources.asking import Answer, retry_at

_NO_MASTODON = "it is no Mastodon, or hides its API; check the name"
_TARGET = re.compile(r"[\s,]*<([^>]*)>")
_PARAMETER = re.compile(r"\s*;\s*([^\s=;,\"]*)\s*(?:=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*)))?")


def read_json(answer: Answer) -> object:
    """Parse what an answer holds. Raises ValueError."""
    try:
        return json.loads(answer.body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def unwrap(answer: Answer, host: str, who: str, now: datetime) -> object:
    """Return what a success holds, parsed. Raises the error that a refusal stands for.

    `host` is the instance, `who` the target's key, `now` aware UTC.
    """
    try:
        value, is_json = read_json(answer), True
    except ValueError:
        value, is_json = None, False
    if answer.status == 200 and is_json:
        return value
    if answer.status == 429:
        # ISO 8601 here, where others write seconds.
        until = retry_at(answer.headers, moment(answer.headers.get("X-RateLimit-Reset")), now)
        when = f" until {until:%Y-%m-%d %H:%M:%S} UTC" if until else ""
        raise RateLimited(f"{who}: the limit of {host} is reached{when}", until=until)
    error = _judge(answer, is_json, host, said(value))
    raise type(error)(f"{who}: {error}")


def said(value: object) -> str:
    """Quote the words of an error answer, in brackets; "" where there are none."""
    words = line(record(value).get("error"))
    return f" ({words})" if words else ""


def _judge(answer: Answer, is_json: bool, host: str, words: str) -> WinnowError:
    status = answer.status
    if 300 <= status < 400:
        there = line(answer.headers.get("Location"), 100) or "nowhere"
        return AccountError(
            f"{host} redirects to {there}, which is not followed; "
            "if the instance has moved, name the new one"
        )
    if status == 200 and answer.body.lstrip()[:1] == b"<":
        return AccountError(f"{host} answers with a web page; {_NO_MASTODON}")
    if status >= 500 or status < 400:
        return Outage(f"{host} answered {status} without posts{words}; try later")
    if status == 401:
        return AccountError(
            f"{host} shows this only to people who are logged in{words}; "
            "ask another instance, at best the account's own"
        )
    if status == 404 and not is_json:
        return AccountError(f"{host} has no such address; {_NO_MASTODON}")
    if status in (404, 410):
        return AccountError(f"{host} has no such account or tag{words}; check the spelling")
    return AccountError(f"{host} refuses this request ({status}){words}")


def next_page(headers: Mapping[str, str], asked: str, who: str) -> str | None:
    """Return where the page after the address `asked` is; None when there is none.

    What is kept of the `Link` is its query: origin and path stay those that were asked. Raises
    Outage for a link that leads anywhere else.
    """
    header = ", ".join(value for name, value in headers.items() if name.lower() == "link")
    every = (to for to, given in read_links(header) if "next" in _relations(given))
    reference = next(every, None)
    if reference is None:
        return None
    try:
        there = address(urljoin(asked, reference))
        same = there is not None and there.isascii() and _place(there) == _place(asked)
    except ValueError:
        there, same = None, False
    if there is None or not same:
        raise Outage(
            f"{who}: the next page lies elsewhere ({line(reference, 80)}), where it is not asked; "
            "try later"
        )
    return asked.partition("?")[0] + "?" + urlsplit(there).query


def max_id(link: str) -> str | None:
    """Return the `max_id` of a page's address; None where there is not exactly one."""
    try:
        values = parse_qs(urlsplit(link).query, max_num_fields=50).get("max_id", [])
    except ValueError:
        return None
    return text(values[0]) if len(values) == 1 else None


def read_links(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield targets and parameters of a `Link` header (RFC 8288, section 3).

    Of parameters that are given twice the first one counts; what follows a torn link is left out.
    """
    place = 0
    while found := _TARGET.match(header, place):
        place = found.end()
        given: dict[str, str] = {}
        while part := _PARAMETER.match(header, place):
            place = part.end()
            value = (part[3] or "") if part[2] is None else re.sub(r"\\(.)", r"\1", part[2])
            given.setdefault(part[1].lower(), value)
        yield found[1], given


def _relations(given: Mapping[str, str]) -> list[str]:
    return given.get("rel", "").lower().split()


def _place(url: str) -> tuple[object, ...]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    # A name or password makes it another place.
    return (parts.scheme, parts.username, parts.password, parts.hostname, port, parts.path)
