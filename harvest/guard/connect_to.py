"""curl's `--connect-to HOST:PORT:HOST2:PORT2`: another machine stands in for a host."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harvest.ledger.errors import UsageError

_FORM = re.compile(
    r"(?P<host>[^:\[\]]*|\[[^\]]*\]):(?P<port>\d*):(?P<to>[^:\[\]]*|\[[^\]]*\]):(?P<to_port>\d*)"
)


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """One rule; empty parts match any host or port, or leave it as it is."""

    host: str
    """Name that is asked, in lower case; "" matches every name."""
    port: int
    """Port that is asked; 0 matches every port."""
    to_host: str
    """Name or address to connect to; "" keeps the asked one."""
    to_port: int
    """Port to connect to; 0 keeps the asked one."""

    def matches(self, host: str, port: int) -> bool:
        """Whether the rule is for this host and port."""
        return self.host in ("", host.lower()) and self.port in (0, port)


def parse_connect_to(text: str) -> ConnectTo:
    """Read `HOST:PORT:HOST2:PORT2`; IPv6 addresses stand in brackets. Raises UsageError."""
    found = _FORM.fullmatch(text)
    ports = [int(found[name] or 0) for name in ("port", "to_port")] if found else []
    if found is None or any(port > 65535 for port in ports):
        raise UsageError(
            f"--connect-to {text[:80]!r}: wanted HOST:PORT:HOST2:PORT2,"
            " like pbs.twimg.com:80:127.0.0.1:8080"
        )
    return ConnectTo(found["host"].strip("[]").lower(), ports[0], found["to"].strip("[]"), ports[1])
