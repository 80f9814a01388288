"""Whether a picture's bytes reach their own end: the cheap half of "is it whole".

An answer without a length ends when the connection does, be it complete or cut. Formats that
have an end say so themselves; those that have none are taken as they come. Curation decodes.
"""

from __future__ import annotations

TAIL_BYTES = 1024
"""So many last bytes are enough for `ends_early`."""
HEAD_BYTES = 32
"""So many first bytes are enough for `ends_early`."""

_PNG_END = b"IEND\xaeB`\x82"


def ends_early(media_type: str, head: bytes, tail: bytes, n_bytes: int) -> bool:
    """Whether a file of `n_bytes` with these first and last bytes lacks its end."""
    if media_type == "image/jpeg":
        # Compressed data never holds this pair; makers of cameras append things behind it.
        return b"\xff\xd9" not in tail
    if media_type == "image/png":
        return _PNG_END not in tail
    if media_type == "image/gif":
        return not tail.rstrip(b"\x00\r\n").endswith(b";")
    if media_type == "image/webp":
        return n_bytes < int.from_bytes(head[4:8], "little") + 8
    if media_type == "image/bmp":
        return n_bytes < int.from_bytes(head[2:6], "little")
    return False
