from __future__ import annotations

import pytest

from harvest.guard.addresses import closed_because

_CLOSED = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::10.1.2.3
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:2::1
2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 2002:c0a8:101::1 3fff::1
4000::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
not-an-address
"""

_OPEN = """
1.1.1.1 8.8.8.8 104.244.42.1 192.0.1.1 198.20.0.1 223.255.255.254 2606:4700::1111
2a00:1450:4001::8 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1
"""


@pytest.mark.parametrize("address", _CLOSED.split())
def test_closed(address: str) -> None:
    """No address that is not a public one may be asked, in whatever notation it travels."""
    reason = closed_because(address)

    assert reason


@pytest.mark.parametrize("address", _OPEN.split())
def test_open(address: str) -> None:
    """Public addresses may be asked, translated ones among them."""
    reason = closed_because(address)

    assert reason == ""
