"""What the address of a blob says about its bytes: AT Protocol names a blob by its hash.

A CID (https://github.com/multiformats/cid) is, for blobs: version 1, codec `raw`, sha2-256,
written in base32 with lower-case letters. Other kinds of CID promise nothing that we could check.
"""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

BLOB_PATH = "/xrpc/com.atproto.sync.getBlob"
"""https://docs.bsky.app/docs/api/com-atproto-sync-get-blob"""

_PREFIX = bytes((1, 0x55, 0x12, 32))  # CIDv1, raw, sha2-256, 32 bytes of hash
_CID = re.compile(r"b[a-z2-7]{58}")


def hash_of(cid: str) -> str | None:
    """The sha256, as 64 hex digits, that a CID stands for; None for any other kind of CID."""
    if not _CID.fullmatch(cid):
        return None
    # 58 characters are 36 bytes and two bits; the padding makes it whole groups of eight.
    raw = base64.b32decode(f"{cid[1:].upper()}======")
    # The two bits must be zero, or one hash would have four names.
    if raw[:4] != _PREFIX or cid_of(raw[4:]) != cid:
        return None
    return raw[4:].hex()


def cid_of(digest: bytes) -> str:
    """The CID of a blob whose bytes have this sha256 (32 bytes)."""
    return "b" + base64.b32encode(_PREFIX + digest).decode("ascii").lower().rstrip("=")


def expected_sha256(url: str) -> str | None:
    """The sha256 that the bytes at an address must have; None where it promises nothing.

    Only `…/xrpc/com.atproto.sync.getBlob?did=…&cid=…` promises: the CDN's pictures bear a CID in
    their path too, but are encoded anew.
    """
    if BLOB_PATH not in url:
        return None
    try:
        parts = urlsplit(url)
        cids = parse_qs(parts.query, max_num_fields=20).get("cid", [])
    except ValueError:
        return None
    if parts.path != BLOB_PATH or len(cids) != 1:
        return None
    return hash_of(cids[0])
