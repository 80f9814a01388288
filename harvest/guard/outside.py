"""How a run reaches the outside: stand-ins, other places to connect, a proxy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from yarl import URL

from harvest.guard.addresses import closed_because
from harvest.guard.connect_to import ConnectTo
from harvest.guard.urls import is_literal, is_local_name, is_odd_number
from harvest.ledger.settings_values import Proxy

EVERYWHERE = "*"
"""As an origin in `Outside.endpoints`: every one that is not named itself."""


@dataclass(frozen=True, slots=True)
class Outside:
    """How a run reaches the outside."""

    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Origin -> origin that is asked in its place, and let through wherever it lies; the origin
    `EVERYWHERE` stands for all that are not named."""
    connect_to: tuple[ConnectTo, ...] = ()
    """Hosts and ports that are connected elsewhere."""
    allow_private: bool = False
    """Lift the guard: for tests and mirrors on one's own machine."""
    proxy: Proxy | None = None
    """What all requests go through but those that stay in one's own network."""

    def proxy_for(self, url: str) -> Proxy | None:
        """The proxy for an address; None where it is asked directly.

        What can only be a place of one's own network (and was opened, or the guard refuses it)
        is not the proxy's to reach.
        """
        if self.proxy is None or inside_because(URL(url).raw_host or ""):
            return None
        return self.proxy

    @property
    def note(self) -> str:
        """What people must know of the way outside; empty when there is nothing to say."""
        if self.proxy is None:
            return ""
        return (
            f"proxy {self.proxy.url}: it looks names up, so what a name leads to is for it to"
            " judge; addresses in numbers and names of local networks are refused here as ever"
        )


@lru_cache(4096)
def inside_because(host: str) -> str:
    """Why a host, as it is spelt, can be no public place; empty when it may be one."""
    if is_literal(host):
        return closed_because(host)
    if is_odd_number(host):
        return "a number, neither a name nor a plain address"
    return "a name of a local network" if is_local_name(host) else ""
