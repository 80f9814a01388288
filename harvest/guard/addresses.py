"""Which addresses of the network a stranger's URL may lead to: public ones, and nothing else.

The tables are ours, after IANA's special-purpose address registries (RFC 6890): what Python's
`ipaddress` calls private or global differs between its versions.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

_V4 = ipaddress.IPv4Address
_V6 = ipaddress.IPv6Address

# The first that fits names the kind.
_CLOSED_V4 = tuple(
    (ipaddress.IPv4Network(text), kind)
    for text, kind in (
        ("0.0.0.0/32", "the unspecified address"),
        ("0.0.0.0/8", "an address of this very network"),
        ("10.0.0.0/8", "a private address"),
        ("100.100.100.200/32", "a cloud's metadata address"),  # Alibaba Cloud
        ("100.64.0.0/10", "a provider's shared address"),
        ("127.0.0.0/8", "a loopback address"),
        ("168.63.129.16/32", "a cloud's metadata address"),  # Azure's, though it looks public
        ("169.254.169.254/32", "a cloud's metadata address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.192/32", "a cloud's metadata address"),  # Oracle Cloud
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("192.88.99.0/24", "a reserved address"),  # anycast of the retired 6to4 relays
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a benchmarking address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
_CLOSED_V6 = tuple(
    (ipaddress.IPv6Network(text), kind)
    for text, kind in (
        ("::/128", "the unspecified address"),
        ("::1/128", "a loopback address"),
        ("64:ff9b:1::/48", "a translated address of a local network"),  # RFC 8215
        ("2001::/32", "a Teredo address"),
        ("2001:2::/48", "a benchmarking address"),
        ("2001:db8::/32", "a documentation address"),
        ("2001::/23", "a reserved address"),  # protocol assignments
        ("3fff::/20", "a documentation address"),
        ("fd00:ec2::254/128", "a cloud's metadata address"),
        ("fd20:ce::254/128", "a cloud's metadata address"),
        ("fc00::/7", "a unique local address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
    )
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Prefixes whose last 32 bits are an IPv4 address.
_CARRIERS = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "::ffff:0:0/96",  # mapped (RFC 4291)
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "::/96",  # compatible (RFC 4291), retired
    )
)
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214, section 6.1


def closed_because(text: str) -> str:
    """Which kind of address is not to be asked: `a loopback address`; empty for a public one.

    An IPv4 address that travels inside an IPv6 one (mapped, compatible, NAT64, 6to4, ISATAP) is
    judged as itself. `text` is a literal address, with or without a zone (`fe80::1%eth0`).
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "not an address"
    inner = _unwrap(address)
    if isinstance(inner, _V4):
        return next((kind for network, kind in _CLOSED_V4 if inner in network), "")
    for network, kind in _CLOSED_V6:
        if inner in network:
            return kind
    return "" if inner in _GLOBAL_UNICAST else "not a public address"


def any_closed(addresses: Iterable[str]) -> str:
    """Kinds of the closed ones among a name's addresses, in one fixed order; empty for none."""
    return " and ".join(sorted({kind for text in addresses if (kind := closed_because(text))}))


def _unwrap(address: _V4 | _V6) -> _V4 | _V6:
    if isinstance(address, _V4):
        return address
    number = int(address)
    if address in _SIX_TO_FOUR:
        return _V4(number >> 80 & 0xFFFFFFFF)
    # `::` and `::1` are addresses of their own.
    if number > 1 and any(address in carrier for carrier in _CARRIERS):
        return _V4(number & 0xFFFFFFFF)
    if address in _GLOBAL_UNICAST and number >> 32 & 0xFFFFFFFF in _ISATAP:
        inside = _V4(number & 0xFFFFFFFF)
        # A public one says nothing of the network around it.
        return inside if closed_because(str(inside)) else address
    return address
