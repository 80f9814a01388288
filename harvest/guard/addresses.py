"""Which addresses of the network a stranger's URL may lead to: public ones, and nothing else."""

from __future__ import annotations

import ipaddress

_V4 = ipaddress.IPv4Address
_V6 = ipaddress.IPv6Address
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
# Not global, though some versions of the standard library say so.
_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # anycast of the retired 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # protocol assignments, Teredo among them
        "3fff::/20",  # documentation
    )
)


def closed_because(text: str) -> str:
    """Why an IP address is not to be asked; empty when it is a public one.

    An IPv4 address that travels inside an IPv6 one (mapped, compatible, NAT64, 6to4) is judged
    as itself. `text` is a literal address, with or without a scope (`fe80::1%eth0`).
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "not an address"
    inner = _unwrap(address)
    if any(inner.version == net.version and inner in net for net in _CLOSED):
        return "a reserved address"
    for word, closed in (
        ("a loopback address", inner.is_loopback),
        ("the unspecified address", inner.is_unspecified),
        ("a link-local address", inner.is_link_local),
        ("a multicast address", inner.is_multicast),
        ("a private address", inner.is_private),
        ("not a public address", not inner.is_global),
    ):
        if closed:
            return word
    if isinstance(inner, _V6) and inner not in _GLOBAL_UNICAST:
        return "not a public address"
    return ""


def _unwrap(address: _V4 | _V6) -> _V4 | _V6:
    if isinstance(address, _V4):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address in _NAT64:
        inside = _V4(int(address) & 0xFFFFFFFF)
    # `::` and `::1` are addresses of their own; what else lies there is an IPv4 address.
    if inside is None and address in _COMPATIBLE and int(address) > 1:
        inside = _V4(int(address) & 0xFFFFFFFF)
    return address if inside is None else inside
