"""Addresses and redirects that mean harm; no packet leaves the machine even if the guard fails."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from harvest.download.endings import NETWORK_FAULTS, judge_fault
from harvest.guard.addresses import closed_because
from harvest.guard.session import Outside, open_session
from harvest.guard.urls import BAD_PORTS, BadUrl, parse_url

KNOWN = {
    "localhost": ["127.0.0.1", "::1"],
    "intranet": ["10.1.2.3"],
    "inside.example": ["10.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "unspecified.example": ["0.0.0.0"],
    "mapped.example": ["::ffff:192.168.0.1"],
    "nat64.example": ["64:ff9b::a00:1"],
    "half.example": ["8.8.8.8", "10.0.0.1"],
    "other-half.example": ["10.0.0.1", "8.8.8.8"],
    "six.example": ["2606:4700::1111", "fd00::1"],
    "many.example": ["127.0.0.1", "10.0.0.1", "127.0.0.2"],
    "xn--fsqu00a.example": ["192.168.1.1"],
}

LOOPBACK = "a loopback address"
PRIVATE = "a private address"
METADATA = "a cloud's metadata address"
MULTICAST = "a multicast address"
DOCUMENTS = "a documentation address"
BLOCKED = {
    "http://127.0.0.1/a.jpg": LOOPBACK,
    "https://127.0.0.1/a.jpg": LOOPBACK,
    "http://127.255.255.254/": LOOPBACK,
    "HTTP://LOCALHOST/": LOOPBACK,
    "http://localhost./": LOOPBACK,
    "http://0.0.0.0/": "the unspecified address",
    "http://0.1.2.3/": "an address of this very network",
    "http://10.0.0.1/": PRIVATE,
    "http://172.31.255.255/": PRIVATE,
    "http://192.168.1.1:8080/": PRIVATE,
    "http://100.64.0.1/": "a provider's shared address",
    "http://100.100.100.200/latest/meta-data/": METADATA,
    "http://168.63.129.16/": METADATA,
    "http://169.254.169.254/latest/meta-data/": METADATA,
    "http://169.254.1.1/": "a link-local address",
    "http://192.0.0.192/": METADATA,
    "http://192.0.0.8/": "a reserved address",
    "http://192.0.2.1/": DOCUMENTS,
    "http://198.51.100.1/": DOCUMENTS,
    "http://203.0.113.1/": DOCUMENTS,
    "http://192.88.99.1/": "a reserved address",
    "http://198.18.0.1/": "a benchmarking address",
    "http://224.0.0.251/": MULTICAST,
    "http://240.0.0.1/": "a reserved address",
    "http://255.255.255.255/": "the broadcast address",
    "http://[::1]/": LOOPBACK,
    "http://[::]/": "the unspecified address",
    "http://[0:0:0:0:0:0:0:1]/": LOOPBACK,
    "http://[::ffff:127.0.0.1]/": LOOPBACK,
    "http://[::ffff:7f00:1]/": LOOPBACK,
    "http://[0:0:0:0:0:ffff:a9fe:a9fe]/": METADATA,
    "http://[::127.0.0.1]/": LOOPBACK,
    "http://[64:ff9b::10.0.0.1]/": PRIVATE,
    "http://[64:ff9b::a9fe:a9fe]/": METADATA,
    "http://[64:ff9b:1::808:808]/": "a translated address of a local network",
    "http://[2002:7f00:1::1]/": LOOPBACK,
    "http://[2002:c0a8:101::]/": PRIVATE,
    "http://[2001:0:4136:e378:8000:63bf:f5ff:fffe]/": "a Teredo address",
    "http://[2606:4700::5efe:10.0.0.1]/": PRIVATE,
    "http://[2606:4700::200:5efe:7f00:1]/": LOOPBACK,
    "http://[2001:db8::1]/": DOCUMENTS,
    "http://[3fff::1]/": DOCUMENTS,
    "http://[2001:2::1]/": "a benchmarking address",
    "http://[2001:20::1]/": "a reserved address",
    "http://[fd00:ec2::254]/": METADATA,
    "http://[fd12:3456::1]/": "a unique local address",
    "http://[fe80::1]/": "a link-local address",
    "http://[fec0::1]/": "a site-local address",
    "http://[ff02::1]/": MULTICAST,
    "http://[100::1]/": "not a public address",
    "http://[::ffff:0:127.0.0.1]/": "not a public address",
    "http://\uff11\uff12\uff17.0.0.1/": LOOPBACK,
    "http://127\u30020\u30020\u30021/": LOOPBACK,
    "http://\u2460\u2461\u2466.0.0.1/": LOOPBACK,
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/": LOOPBACK,
    "http://127.0.0.1:\uff18\uff10/": LOOPBACK,
    "http://127.0.0.1?@8.8.8.8/": LOOPBACK,
    "http://127.0.0.1#@8.8.8.8/": LOOPBACK,
    "http://intranet/": PRIVATE,
    "http://inside.example/": PRIVATE,
    "http://metadata.example/latest/": METADATA,
    "http://unspecified.example/": "the unspecified address",
    "http://mapped.example/": PRIVATE,
    "http://nat64.example/": PRIVATE,
    "http://half.example/": PRIVATE,
    "http://other-half.example/": PRIVATE,
    "http://six.example/": "a unique local address",
    "http://many.example/": f"{LOOPBACK} and {PRIVATE}",
    "http://\u4f8b\u5b50.example/": PRIVATE,
    "http://8.8.8.8:22/": "port 22, which is no web server's",
    "http://8.8.8.8:25/": "port 25, which is no web server's",
    "https://8.8.8.8:110/": "port 110, which is no web server's",
    "http://public.example:143/": "port 143, which is no web server's",
    "http://public.example:6379/": "port 6379, which is no web server's",
    "http://public.example:11211/": "port 11211, which is no web server's",
    "http://[2606:4700::1111]:6667/": "port 6667, which is no web server's",
}
ODD = "a number, neither a name nor a plain address"
BAD = {
    "http://2130706433/": f"host '2130706433': {ODD}",
    "http://017700000001/": f"host '017700000001': {ODD}",
    "http://0x7f000001/": f"host '0x7f000001': {ODD}",
    "http://0x7f.0.0.1/": f"host '0x7f.0.0.1': {ODD}",
    "http://0177.0.0.1/": f"host '0177.0.0.1': {ODD}",
    "http://127.0.0.0x1/": f"host '127.0.0.0x1': {ODD}",
    "http://127.1/": f"host '127.1': {ODD}",
    "http://0/": f"host '0': {ODD}",
    "http://127.0.0.1./": f"host '127.0.0.1.': {ODD}",
    "http://127.0.0.257/": f"host '127.0.0.257': {ODD}",
    "http://[v1.127.0.0.1]/": f"host 'v1.127.0.0.1': {ODD}",
    "http://[fe80::1%25eth0]/": "host 'fe80::1%25eth0'",
    "http://[fe80::1%eth0]/": "host 'fe80::1%eth0'",
    "http://%31%32%37.0.0.1/": "host '%31%32%37.0.0.1'",
    "http://good@127.0.0.1/": "a name or password in it",
    "http://8.8.8.8:80@127.0.0.1:81/": "a name or password in it",
    "http://127.0.0.1%2f@8.8.8.8/": "a name or password in it",
    "http://8.8.8.8\\@127.0.0.1/": "a blank, a backslash or a control character in it",
    "http:\\\\127.0.0.1\\": "a blank, a backslash or a control character in it",
    "http://127.0.\t0.1/": "a blank, a backslash or a control character in it",
    "http://8.8.8.8/\r\nHost: 127.0.0.1": "a blank, a backslash or a control character in it",
    "http://8.8.8.8:0/": "a port that cannot be",
    "http:127.0.0.1/": "no host in it",
    "http:///127.0.0.1/": "no host in it",
    "file:///etc/passwd": "scheme 'file'; wanted http or https",
    "ftp://8.8.8.8/a.jpg": "scheme 'ftp'; wanted http or https",
    "gopher://8.8.8.8:6379/_FLUSHALL": "scheme 'gopher'; wanted http or https",
    "data:image/png;base64,AAAA": "scheme 'data'; wanted http or https",
    "javascript:alert(1)": "scheme 'javascript'; wanted http or https",
    "blob:http://8.8.8.8/0": "scheme 'blob'; wanted http or https",
    "//127.0.0.1/": "scheme ''; wanted http or https",
}
NOBODY = ("unreachable", "no connection could be made")
HOSTILE = [("blocked_address", *each) for each in BLOCKED.items()]
HOSTILE += [("bad_url", *each) for each in BAD.items()]


class NoSocket(OSError):
    """The guard let a connection through that nobody may make."""


@dataclass
class Nowhere(AbstractResolver):
    """Names and sockets of the test's own: public names are known, nothing is ever connected."""

    known: dict[str, Sequence[str]] = field(default_factory=lambda: dict(KNOWN))
    asked: int = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.known.get(host.rstrip(".").lower(), ["8.8.4.4"])
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in addresses
        ]

    async def close(self) -> None: ...

    def make_socket(self, *_: int) -> socket.socket:
        self.asked += 1
        raise NoSocket("no socket")


async def end_of(url: str, nowhere: Nowhere, outside: Outside) -> tuple[str, str]:
    """Reason and detail of a refusal."""
    try:
        parsed = parse_url(url)
    except BadUrl as error:
        return "bad_url", str(error)
    async with open_session(outside, resolver=nowhere, make_socket=nowhere.make_socket) as session:
        try:
            await session.get(parsed, allow_redirects=False)
        except NETWORK_FAULTS as error:
            ending = judge_fault(error, url)
            return ending.reason, ending.detail
    raise AssertionError("an answer, from nowhere")


@pytest.mark.parametrize(("reason", "url", "detail"), HOSTILE, ids=[ascii(h[1]) for h in HOSTILE])
async def test_refused(reason: str, url: str, detail: str) -> None:
    """Every hostile address is refused before a socket exists, and the reason says why."""
    nowhere = Nowhere()
    end = await end_of(url, nowhere, Outside())

    assert end == (reason, detail)
    assert nowhere.asked == 0


@pytest.mark.parametrize("url", BLOCKED, ids=ascii)
async def test_without_the_guard(url: str) -> None:
    """The same addresses come through where the guard is lifted: it is what refuses them."""
    nowhere = Nowhere()
    end = await end_of(url, nowhere, Outside(allow_private=True))

    assert end == NOBODY
    assert nowhere.asked > 0


async def test_rebinding() -> None:
    """A name that was public a moment ago is judged anew by what it comes to now."""
    nowhere = Nowhere()
    url = "http://rebinding.example/"
    first = await end_of(url, nowhere, Outside())
    tried = nowhere.asked
    nowhere.known["rebinding.example"] = ["127.0.0.1"]
    end = await end_of(url, nowhere, Outside())

    assert first == NOBODY
    assert end == ("blocked_address", LOOPBACK)
    assert nowhere.asked == tried > 0


@pytest.mark.parametrize("port", sorted(BAD_PORTS - {0}))
async def test_ports(port: int) -> None:
    """No port of another service is asked, unless the settings opened that very place."""
    nowhere = Nowhere()
    url = f"http://public.example:{port}/"
    closed = await end_of(url, nowhere, Outside())
    opened = await end_of(url, nowhere, Outside({"http://other.example": url.rstrip("/")}))

    assert opened == NOBODY
    assert closed == ("blocked_address", f"port {port}, which is no web server's")


V4 = st.integers(0, 2**32 - 1)


@given(V4)
def test_carried(number: int) -> None:
    """However an IPv4 address travels inside an IPv6 one, the verdict is that of the IPv4."""
    plain = closed_because(str(IPv4Address(number)))
    carried = {
        closed_because(str(IPv6Address(high << 96 | middle << 64 | low << 32 | number)))
        for high, middle, low in (
            (0, 0, 0xFFFF),
            (0x64FF9B, 0, 0),
            (0x26064700, 0, 0x5EFE),
            (0x26064700, 1, 0x02005EFE),
        )
    }
    carried.add(closed_because(str(IPv6Address(0x2002 << 112 | number << 80 | 1))))
    if number > 1:  # `::` and `::1` have names of their own
        carried.add(closed_because(str(IPv6Address(number))))

    assert carried == {plain}


@given(V4)
def test_closed_carriers(number: int) -> None:
    """Teredo, a local network's NAT64 and stateless translation are closed whatever they carry."""
    carried = [
        0x20010000 << 96 | (number ^ 0xFFFFFFFF),
        0x20010000 << 96 | number << 64,
        0x64FF9B0001 << 80 | number,
        0xFFFF << 48 | number,
    ]

    assert all(closed_because(str(IPv6Address(each))) for each in carried)


@given(V4)
def test_as_the_standard_library(number: int) -> None:
    """What Python calls not global is closed here too."""
    address = IPv4Address(number)

    assert address.is_global or closed_because(str(address))
