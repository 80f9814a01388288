"""Which texts are addresses that may be asked at all, before any packet leaves."""

from __future__ import annotations

import ipaddress

from yarl import URL

MAX_URL = 8192
"""Longest address in characters."""

_MAX_HOST = 253
_MAX_LABEL = 63


class BadUrl(Exception):
    """A text that is no address to ask; the message is one line for people."""


def parse_url(text: str) -> URL:
    """Turn an address into a URL that is sent as it stands. Raises BadUrl.

    Wanted: http or https, a host, no name or password, no blanks or control characters, at most
    `MAX_URL` characters. What is ASCII is never re-quoted: a log's line is asked verbatim.
    """
    if len(text) > MAX_URL:
        raise BadUrl(f"an address of {len(text)} characters; at most {MAX_URL}")
    if any(c <= " " or c in "\x7f\\" for c in text):
        raise BadUrl("a blank, a backslash or a control character in it")
    try:
        url = URL(text, encoded=_is_plain(text))
        scheme, host, port = url.scheme, url.raw_host, url.port
    except (ValueError, TypeError) as error:
        raise BadUrl(" ".join(str(error).split())[:120]) from None
    if scheme not in ("http", "https"):
        raise BadUrl(f"scheme {scheme[:20]!r}; wanted http or https")
    if not host:
        raise BadUrl("no host in it")
    if any(c in host for c in '%<>"{}|^`') or not _can_be_host(host):
        raise BadUrl(f"host {host[:80]!r}")
    if url.raw_user is not None or url.raw_password is not None:
        raise BadUrl("a name or password in it")
    if port is None or not 0 < port <= 65535:
        raise BadUrl("a port that cannot be")
    return url


def _is_plain(text: str) -> bool:
    # An escaped or foreign host must be read by yarl; everything behind it stays verbatim.
    return text.isascii() and "%" not in text.partition("://")[2].partition("/")[0]


def _can_be_host(host: str) -> bool:
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    # One dot at the end is in order: it says that the name is complete.
    labels = host.removesuffix(".").split(".")
    return len(host) <= _MAX_HOST and all(0 < len(label) <= _MAX_LABEL for label in labels)


def origin_of(url: URL) -> str:
    """`https://host:port`, always with its port: the same place has one spelling."""
    host = url.host_subcomponent
    return f"{url.scheme}://{(host or '').lower()}:{url.port}"
