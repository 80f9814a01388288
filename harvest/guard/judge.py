"""The judge of every connection: which URL may be asked, which name, which socket made.

Three looks, each behind the one before: at the URL (port, literal address), at all addresses
that a name comes to (one closed one closes the name: a public one beside it is how rebinding
begins), and at the address of each socket, behind which there is no trick of notation left.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable

from yarl import URL

from harvest.guard.addresses import any_closed, closed_because
from harvest.guard.outside import Outside, inside_because
from harvest.guard.urls import BAD_PORTS, is_local_name

AddrInfo = tuple[
    int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
]
MakeSocket = Callable[[int, int, int], socket.socket]


class BlockedAddress(OSError):
    """A connection that the guard refused to make.

    The text is the same for all addresses of a host: aiohttp joins differing ones into a plain
    OSError, and what they mean would be lost. What differs stands in `why`.
    """

    def __init__(self, why: str) -> None:
        super().__init__(errno.EACCES, "refused: not a public place")
        self.why = why
        """Which kind of place it is: `a loopback address`."""


class Judge:
    """Decides at connect time; knows the endpoints that the settings opened."""

    def __init__(self, outside: Outside, make_socket: MakeSocket = socket.socket) -> None:
        self._allow_private = outside.allow_private
        self._proxied = outside.proxy is not None
        self._make_socket = make_socket
        self._opened = {_place(URL(origin)) for origin in outside.endpoints.values()}
        self._let_through = set(self._opened)
        if outside.proxy is not None:
            # Its socket may be made; that does not make its address one that URLs may name.
            self._let_through.add(_place(URL(outside.proxy.url)))
        self._names = set(self._let_through)

    def refuse_url(self, url: URL) -> None:
        """Look at a URL about to be asked. Raises BlockedAddress."""
        if self._allow_private or _place(url) in self._opened:
            return
        host = url.raw_host or ""
        why = inside_because(host)
        # Without a proxy a local name is looked up here, and what it comes to decides.
        if why and is_local_name(host) and not self._proxied:
            why = ""
        if not why and url.port in BAD_PORTS:
            why = f"port {url.port}, which is no web server's"
        if why:
            raise BlockedAddress(why)

    def resolved(self, host: str, port: int, found: Iterable[tuple[str, int]]) -> None:
        """Look at all that a name came to. Raises BlockedAddress.

        An endpoint, or a proxy, that has a name is let through by address from then on.
        """
        if (host.lower(), port) in self._names:
            self._let_through.update(found)
        elif not self._allow_private and (why := any_closed(address for address, _ in found)):
            raise BlockedAddress(why)

    def open_socket(self, info: AddrInfo) -> socket.socket:
        """Make the socket for an address; raises BlockedAddress instead for a closed one."""
        family, kind, protocol, _, address = info
        host, port = str(address[0]), int(address[1])
        if not self._allow_private and (host.lower(), port) not in self._let_through:
            why = closed_because(host)
            if why:
                raise BlockedAddress(why)
        return self._make_socket(family, kind, protocol)


def _place(url: URL) -> tuple[str, int]:
    return ((url.raw_host or "").lower(), url.port or 0)
