"""Which texts are addresses that may be asked at all, before any packet leaves."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from yarl import URL

MAX_URL = 8192
"""Longest address in characters."""

# The last line is ours: file sharing and databases that read a request as commands.
_BAD_PORTS = """
    0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111
    113 115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540
    548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000
    6566 6665 6666 6667 6668 6669 6679 6697 10080
    445 1433 3306 5432 6379 11211 27017
"""
BAD_PORTS = frozenset(map(int, _BAD_PORTS.split()))
"""Ports of services that are no web servers and may take a request for commands of theirs: the
"bad ports" of WHATWG's Fetch standard (https://fetch.spec.whatwg.org/#port-blocking), and some."""

_NEVER_IN_URLS = re.compile(r"[\x00-\x20\x7f\\]")
_MAX_HOST = 253
_MAX_LABEL = 63
# RFC 6761, 6762, 8375; `internal` as ICANN reserved it; the others as they are widely used.
_LOCAL_ENDINGS = (
    "localhost",
    "local",
    "internal",
    "home.arpa",
    "localdomain",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
)


class BadUrl(Exception):
    """A text that is no address to ask; the message is one line for people."""


def parse_url(text: str) -> URL:
    """Turn an address into a URL that is sent as it stands. Raises BadUrl.

    Wanted: http or https, a host, no name or password, no blanks or control characters, at most
    `MAX_URL` characters. What is ASCII is never re-quoted: a log's line is asked verbatim.
    """
    if len(text) > MAX_URL:
        raise BadUrl(f"an address of {len(text)} characters; at most {MAX_URL}")
    if _NEVER_IN_URLS.search(text):
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
    if fault := _fault_of(host):
        raise BadUrl(fault)
    if url.raw_user is not None or url.raw_password is not None:
        raise BadUrl("a name or password in it")
    if port is None or not 0 < port <= 65535:
        raise BadUrl("a port that cannot be")
    return url


@lru_cache(4096)
def _fault_of(host: str) -> str:
    """Why a text cannot be a host; lists name the same ones again and again."""
    if any(c in host for c in '%<>"{}|^`') or not _can_be_host(host):
        return f"host {host[:80]!r}"
    if is_odd_number(host):
        return f"host {host[:80]!r}: a number, neither a name nor a plain address"
    return ""


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


def is_literal(host: str) -> bool:
    """Whether a host is an address itself, in its plain notation; no name is looked up then."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_odd_number(host: str) -> bool:
    """Whether a host ends in a number and is no plain IPv4 address: `127.1`, `0x7f.1`, `017`.

    No top-level domain is a number; the system may read such a host as an address all the same
    (https://url.spec.whatwg.org/#ends-in-a-number-checker).
    """
    last = host.removesuffix(".").rpartition(".")[2].lower()
    if ":" in host or not (last.isdecimal() or _is_hex(last)):
        return False
    return not is_literal(host)


def is_local_name(host: str) -> bool:
    """Whether a name can mean a machine of one's own network only: `localhost`, `nas.local`."""
    name = host.lower().removesuffix(".")
    if is_literal(name):
        return False
    return "." not in name or name.endswith(tuple(f".{ending}" for ending in _LOCAL_ENDINGS))


def _is_hex(label: str) -> bool:
    return label.startswith("0x") and all(c in "0123456789abcdef" for c in label[2:])


def origin_of(url: URL) -> str:
    """`https://host:port`, always with its port: the same place has one spelling."""
    host = url.host_subcomponent
    return f"{url.scheme}://{(host or '').lower()}:{url.port}"


_PREFIX = re.compile(r"[A-Za-z]+://[^/?#]*")


def origin_of_text(address: str) -> str:
    """The origin of an address, without judging the rest of it; "" where it has none."""
    prefix = _PREFIX.match(address)
    return _origin_of_prefix(prefix[0]) if prefix else ""


@lru_cache(4096)
def _origin_of_prefix(prefix: str) -> str:
    try:
        return origin_of(parse_url(prefix))
    except BadUrl:
        return ""
