"""What becomes of one sighting, as plain values: cheap to send to another process."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """What a download came to, on its way into the catalog."""

    key: tuple[str, str, int]
    """(source, post_id, media_index) of the sighting."""
    status: str
    """A `Status`."""
    reason: str
    """Short machine word."""
    detail: str
    """One line for people."""
    final_url: str
    """Address that gave the last answer."""
    attempts: int
    """Requests it took."""
    media_type: str = ""
    """Of its picture, by the bytes; "" where it has none."""
    n_bytes: int = 0
    """Length of its picture."""
    sha256: str = ""
    """Of its picture; "" while only `body` knows."""
    body: bytes | str = b""
    """The picture: its bytes, or the path of its part file."""


class Settled(NamedTuple):
    """What the catalog says of it after the commit."""

    status: str
    """A `Status`; REFUSED where the bytes must not be kept."""
    reason: str
    """`same_bytes` where another address had brought them before."""
    detail: str
    """One line for people."""
    sha256: str
    """Of its picture; "" where none was kept."""
